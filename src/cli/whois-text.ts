import { type Issued, rulesOf, type StoredEvent } from "../journal/index.ts";
import { grantedRows } from "./granted-text.ts";
import { table } from "./show.ts";
import type { UserJwt } from "./user-jwt.ts";
import { word } from "./word.ts";

/** A credential as the journal knows it. */
export type IssuedEvent = Extract<StoredEvent, Issued>;

/** What the journal says about a credential, for a person. */
export function recordedText(event: IssuedEvent, now_ms: number): string[] {
  const { identity, client_request_id, address, user_agent } = event;
  const who = identity
    ? [`${word(identity.issuer)}:${word(identity.subject)}`, `(${word(identity.kind)})`].join(" ")
    : "not recorded";
  const own = client_request_id === undefined ? "" : `, the caller's ${word(client_request_id)}`;
  return table([
    ["credential", word(event.id)],
    ["user key", `${word(event.user_public_key)}${event.own_key ? " (the caller's own)" : ""}`],
    ["identity", who],
    ["digest", word(identity?.digest ?? "-")],
    ["rules", rulesOf(event).map(word).join(", ") || "-"],
    ["policy", word(event.policy ?? "-")],
    ["account", `${word(event.account)}, signed by ${word(event.signing_key)}`],
    ["roles", event.roles.map(word).join(", ") || "-"],
    ...grantedRows(event),
    ["issued", timeText(event.iat)],
    ["expires", `${timeText(event.exp)} (${lifeText(event.exp, now_ms)})`],
    ["request", `${word(event.request_id)}${own}`],
    [
      "came by",
      [event.door, address, user_agent]
        .filter((x) => x !== undefined)
        .map(word)
        .join(", "),
    ],
    ["journal", `event ${event.seq} of ${word(event.writer)}`],
  ]);
}

/** What a JWT says about itself, for a person. */
export function claimedText(jwt: UserJwt, now_ms: number): string[] {
  const { tags, expires_at, issued_at, name } = jwt;
  const tagged = (key: string) => {
    const tag = tags.find((each) => each.startsWith(`${key}:`));
    return tag === undefined ? "not told" : word(tag.slice(key.length + 1));
  };
  const until =
    expires_at === undefined
      ? "never"
      : `${timeText(expires_at)} (${lifeText(expires_at, now_ms)})`;
  return table([
    ["credential", word(jwt.id)],
    ["user key", word(jwt.user_public_key)],
    ["name", word(name)],
    ["identity", `digest begins with ${tagged("identity")}`],
    ["policy", `digest begins with ${tagged("policy")}`],
    ["request", tagged("request")],
    ["account", `${word(jwt.account_public_key)}, signed by ${word(jwt.signing_key)}`],
    ["issued", issued_at === undefined ? "not told" : timeText(issued_at)],
    ["expires", until],
  ]);
}

/** What is known about who made a JWT. */
export function signatureText({
  signature_fits,
  signing_key,
  account_public_key,
}: UserJwt): string {
  if (!signature_fits) {
    return "UNVERIFIED: the signature does not fit the key that the JWT names. Anybody can have written it.";
  }
  return signing_key === account_public_key
    ? `The signature fits ${word(signing_key)}, the account that it claims. Whether that account is yours is not checked.`
    : `The signature fits ${word(signing_key)}. Whether that is a signing key of the account that it claims, ${word(account_public_key)}, is not checked.`;
}

function timeText(time_s: number): string {
  const time = new Date(time_s * 1000);
  return Number.isNaN(time.getTime()) ? "no time" : time.toISOString().replace(".000Z", "Z");
}

function lifeText(expires_at: number, now_ms: number): string {
  const left_s = Math.round(expires_at - now_ms / 1000);
  return left_s > 0 ? `${left_s} s left` : "expired";
}
