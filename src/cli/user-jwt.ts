import { readNatsJwt } from "../nats/index.ts";

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

/** The user JWT in a text, which is one or a creds file with one; undefined where there is none. */
export function userJwtIn(text: string): UserJwt | undefined {
  // Of a creds file nothing but the JWT is looked at: what stands below is the seed.
  const begin = text.indexOf(BEGIN);
  const rest = begin < 0 ? text : text.slice(begin + BEGIN.length);
  const jwt = readNatsJwt(begin < 0 ? rest : rest.slice(0, rest.indexOf("---")));
  const nats = asObject(jwt?.claims["nats"]);
  if (!jwt || nats?.["type"] !== "user") return undefined;
  const { jti, sub, iss, name, iat, exp } = jwt.claims;
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
    signature_fits: jwt.signature_fits,
  };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>) // an object has members of any kind
    : undefined;
}
