import { decodePublicKey, signatureFits } from "../keys/index.ts";

/** What a NATS user JWT says, and whether the key that it names has signed it. */
export interface UserJwt {
  /** Its `jti`. */
  readonly id: string;
  readonly user_public_key: string;
  readonly name: string;
  /** The key that it says has signed. */
  readonly signing_key: string;
  /** The account that it claims; the signing key is the account's own where it names none. */
  readonly account_public_key: string;
  readonly tags: readonly string[];
  /** Unix seconds; absent where it has none. */
  readonly issued_at?: number;
  readonly expires_at?: number;
  readonly signature_fits: boolean;
}

const BEGIN = "-----BEGIN NATS USER JWT-----";
const JWT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/** The user JWT in a text, which is one or a creds file with one; undefined where there is none. */
export function userJwtIn(text: string): UserJwt | undefined {
  // Of a creds file nothing but the JWT is looked at: what stands below is the seed.
  const begin = text.indexOf(BEGIN);
  const rest = begin < 0 ? text : text.slice(begin + BEGIN.length);
  const jwt = begin < 0 ? rest.trim() : rest.slice(0, rest.indexOf("---")).trim();
  const [, header = "", payload = "", signature = ""] = JWT.exec(jwt) ?? [];
  const claims = objectIn(payload);
  const nats = asObject(claims?.["nats"]);
  if (!claims || nats?.["type"] !== "user" || objectIn(header)?.["alg"] !== "ed25519-nkey") {
    return undefined;
  }
  const { jti, sub, iss, name, iat, exp } = claims;
  if (typeof jti !== "string" || typeof sub !== "string" || typeof iss !== "string")
    return undefined;
  const { issuer_account, tags } = nats;
  return {
    id: jti,
    user_public_key: sub,
    name: typeof name === "string" ? name : "",
    signing_key: iss,
    account_public_key: typeof issuer_account === "string" ? issuer_account : iss,
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [],
    ...(typeof iat === "number" && { issued_at: iat }),
    ...(typeof exp === "number" && { expires_at: exp }),
    signature_fits: fits(iss, `${header}.${payload}`, signature),
  };
}

function fits(signing_key: string, signed: string, signature: string): boolean {
  const raw = decodePublicKey("account", signing_key);
  return !!raw && signatureFits(raw, Buffer.from(signed), Buffer.from(signature, "base64url"));
}

function objectIn(base64url: string) {
  try {
    return asObject(JSON.parse(Buffer.from(base64url, "base64url").toString()));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>) // an object has members of any kind
    : undefined;
}
