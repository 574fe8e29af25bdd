import { StsError } from "../errors.ts";
import type { CheckedAt } from "./checks.ts";
import { type Claims, isObject, isOfType, isStrings, valueAt } from "./claim.ts";
import { clientIn, scopesIn } from "./identify.ts";
import type { Issuer } from "./issuer.ts";
import { invalid, wrongKind } from "./refuse.ts";

/** Payload `typ` of Keycloak's other tokens; nobody else means anything better by them. */
const OTHER_TYPES = [
  "ID",
  "Refresh",
  "Offline",
  "Logout",
  "Initial-Access-Token",
  "Registration-Access-Token",
];

/** Keeps out ID, refresh, logout and security event tokens, which the same issuer signs. */
export function checkTokenKind(claims: Claims, issuer: Issuer): void {
  const { rules } = issuer;
  const mark = rules.id_token_marks.find((claim) => claims[claim] !== undefined);
  if (mark) throw wrongKind(issuer, `${mark} is a claim of ID tokens`);
  const { typ, token_use, events } = claims;
  if (OTHER_TYPES.some((each) => each === typ))
    throw wrongKind(issuer, "claim typ is another kind's");
  // Ory Hydra says access_token when it is asked.
  if (token_use !== undefined && token_use !== "access" && token_use !== "access_token")
    throw wrongKind(issuer, "token_use is not access");
  // RFC 8417 §2.2: logout tokens and security events have `events`. No access token has, whatever it is.
  if (events !== undefined) throw wrongKind(issuer, "events is a claim of security events");
}

/** A token without scopes whose only audience is its own client is an ID token (OpenID Connect Core §2). */
export function checkNoIdToken(claims: Claims, issuer: Issuer): void {
  const { token_kind, client_as_audience } = issuer.rules;
  if (token_kind !== "access" || client_as_audience) return;
  const { aud } = claims;
  const named = typeof aud === "string" ? [aud] : aud;
  const client = clientIn(claims, issuer);
  if (client === undefined || !isStrings(named)) return;
  if (named.every((each) => each === client) && scopesIn(claims, issuer).length === 0)
    throw wrongKind(issuer, "aud is the client itself and there are no scopes, as in ID tokens");
}

/** Members of `cnf` that are understood: the thumbprint, and Keycloak's word for what it is. */
const BINDINGS = ["jkt", "kc-jkt-type"];

/**
 * RFC 7800 §3.1, RFC 9449 §6: a token that is bound to a key is worth nothing without a proof of it,
 * and a proof is worth nothing for a token that is bound to no key.
 */
export function checkBinding(
  { cnf }: Claims,
  issuer: Issuer,
  { jkt }: Pick<CheckedAt, "jkt">,
): void {
  if (cnf === undefined && jkt === undefined) return;
  const refuse = (reason: string) =>
    new StsError("token_binding_invalid", { issuer: issuer.name, reason });
  if (cnf === undefined) throw refuse("the token is bound to no key, and came with a proof of one");
  if (!isObject(cnf) || Object.keys(cnf).some((member) => !BINDINGS.includes(member)))
    throw refuse("cnf binds the token to a key in a way of which proofs are not taken here");
  if (jkt === undefined) throw refuse("cnf binds the token to a key, and no proof of it came");
  if (cnf["jkt"] !== jkt) throw refuse("cnf binds the token to another key than the proof's");
}

/** What the preset wants of the tokens of its provider. */
export function checkDiscriminators(
  claims: Claims,
  issuer: Issuer,
  { told }: Pick<CheckedAt, "told">,
): void {
  const { required, equal, tenant, shared } = issuer.rules;
  // RFC 7519 §4.1.7. Who keeps used tokens apart by it must be able to rely on it.
  if (claims["jti"] !== undefined && !isOfType(claims["jti"], "string"))
    throw invalid(issuer, "jti", "is not string, or empty");
  for (const [claim, type] of Object.entries(required)) {
    const value = valueAt(claims, claim);
    if (value === undefined && claim === "iat" && told) continue; // looked at with the times
    if (value === undefined) throw invalid(issuer, claim, "is missing");
    if (!isOfType(value, type)) throw invalid(issuer, claim, `is not ${type}, or empty`);
  }
  if (shared?.url === issuer.url && !isOfType(valueAt(claims, shared.claim), "string"))
    throw invalid(issuer, shared.claim, "is missing, or no string");
  for (const [claim, accepted] of Object.entries(equal)) {
    const value = valueAt(claims, claim);
    if (value !== undefined && !accepted.some((each) => each === value))
      throw invalid(issuer, claim, `is not ${accepted.join(" or ")}`);
  }
  // A provider on loopback that stands in for the real one need not have its paths.
  if (tenant === undefined || issuer.url.startsWith("http:")) return;
  if (valueAt(claims, tenant) !== new URL(issuer.url).pathname.split("/")[1])
    throw invalid(issuer, tenant, "is not the tenant that the issuer is for");
}
