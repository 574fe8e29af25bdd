import { type Static, Type } from "typebox";
import { Check } from "typebox/value";
import { decodePublicKey, signatureFits } from "../keys/index.ts";
import { ClientError } from "./client-error.ts";

/** RFC 3339 has four digits for a year. */
const LAST_TIME = 253_402_300_799;
const Time = Type.Integer({ minimum: 1, maximum: LAST_TIME });
const Text = Type.String({ maxLength: 4096 });
const Texts = Type.Array(Text);

/** What this client relies on. A newer service may say more. */
const Answer = Type.Object({
  jwt: Type.String({ maxLength: 65_536, pattern: "^[\\w-]+\\.[\\w-]+\\.[\\w-]+$" }),
  user_public_key: Text,
  account: Type.String({ pattern: "^[ -~]{1,256}$" }), // It is shown on a terminal.
  account_public_key: Text,
  roles: Texts,
  publish: Texts,
  subscribe: Texts,
  // It becomes a comment line and a variable of the environment: no line break, no wildcard.
  inbox_prefix: Type.String({ pattern: "^[!-)+-=?-~]{1,256}$" }),
  // A list of them is joined by commas.
  servers: Type.Array(Type.String({ pattern: "^[!-+\\--~]{1,1024}$" })),
  issued_at: Time,
  expires_at: Time,
  refresh_after: Time,
  id: Text,
});

/** A credential as the service gave it: the seed is not part of it. */
export type Answer = Readonly<Static<typeof Answer>>;

/**
 * Reads an answer and holds it against itself: only a JWT that is signed, for this very user key,
 * and as long as the answer says, may take the place of one that works.
 *
 * @throws ClientError
 */
export function readAnswer(body: unknown, user_public_key: string): Answer {
  if (!Check(Answer, body)) throw wrong("is not a credential");
  const { issued_at, refresh_after, expires_at, account_public_key } = body;
  if (issued_at > refresh_after || refresh_after > expires_at || issued_at >= expires_at)
    throw wrong("has times out of order");
  if (body.user_public_key !== user_public_key) throw wrong("is for another user key");
  const claims = userClaims(body.jwt);
  if (claims?.sub !== user_public_key) throw wrong("has a JWT that is not for this user key");
  if (claims.exp !== expires_at || claims.iat !== issued_at)
    throw wrong("has other times than its JWT");
  if ((claims.nats.issuer_account ?? claims.iss) !== account_public_key)
    throw wrong("has a JWT of another account");
  return body;
}

const UserClaims = Type.Object({
  iss: Type.String(),
  sub: Type.String(),
  iat: Time,
  exp: Time,
  nats: Type.Object({
    type: Type.Literal("user"),
    issuer_account: Type.Optional(Type.String()),
  }),
});

/** The claims of a NATS user JWT whose signature fits its own issuer; undefined for anything else. */
export function userClaims(jwt: string): Static<typeof UserClaims> | undefined {
  const [header = "", payload = "", signature = ""] = jwt.split(".");
  const claims = jsonOf(payload);
  if (!Check(UserClaims, claims)) return undefined;
  const head = jsonOf(header);
  if (!Check(Type.Object({ alg: Type.Literal("ed25519-nkey") }), head)) return undefined;
  const key = decodePublicKey("account", claims.iss);
  const signed = Buffer.from(`${header}.${payload}`);
  if (!key || !signatureFits(key, signed, Buffer.from(signature, "base64url"))) return undefined;
  return claims;
}

function jsonOf(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString());
  } catch {
    return undefined;
  }
}

const wrong = (what: string) =>
  new ClientError(`the answer of the service ${what}: it was not taken`);
