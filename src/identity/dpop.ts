import { createHash } from "node:crypto";
import { calculateJwkThumbprint, compactVerify, importJWK, type JWK } from "jose";
import { StsError } from "../errors.ts";
import type { Claims } from "./claim.ts";
import { usableKeys } from "./jwk.ts";
import type { ProofNonces } from "./proof-nonces.ts";
import { objectIn } from "./shape.ts";

/** What proofs may be signed with: asymmetric algorithms only (RFC 9449 §4.3). */
export const DPOP_ALGORITHMS = ["ES256", "ES384", "EdDSA", "Ed25519", "PS256", "RS256"] as const;

const PROOF_LIMIT_CHARACTERS = 8192;
const JTI_LIMIT_CHARACTERS = 256;
/** A proof is made for one request, at once. The clock skew comes on top. */
const AGE_LIMIT_S = 60;
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** A proof as it came with a request, and what it must be for. */
export interface DpopProof {
  readonly jwt: string;
  readonly method: string;
  /** As the caller knows it: below the configured public URL, whatever Host says. */
  readonly url: string;
  /** Whether it must name the token, as at protected resources (RFC 9449 §7). */
  readonly names_token: boolean;
}

/** A key that the caller has proved to hold, and by which proof. */
export interface ProvedKey {
  /** RFC 7638, SHA-256. */
  readonly jkt: string;
  /** One name for this proof, and the Unix second from which on it is too old. */
  readonly proof: string;
  readonly until_s: number;
}

/** What a proof is held against. */
interface ProvedAt {
  readonly now_s: number;
  readonly skew_s: number;
  /** Present where a proof must hold a nonce of ours. */
  readonly nonces?: ProofNonces | undefined;
}

/**
 * Checks a proof of possession (RFC 9449 §4.3), but for whether it was used before.
 *
 * @throws StsError `token_binding_invalid`; `dpop_nonce_required` where nothing but the nonce is amiss
 */
export async function checkProof(
  { jwt, method, url, names_token }: DpopProof,
  token: string,
  { now_s, skew_s, nonces }: ProvedAt,
): Promise<ProvedKey> {
  const { claims, jkt } = await signedProof(jwt);
  const { htm, htu, iat, exp, nbf, ath, jti } = claims;
  if (htm !== method) throw refused("htm is not the method of this request");
  if (bare(htu) !== bare(url)) throw refused("htu is not the URL of this request");
  if (typeof iat !== "number" || !Number.isFinite(iat)) throw refused("iat is missing");
  if (iat > now_s + skew_s) throw refused("iat is in the future");
  if (iat <= now_s - AGE_LIMIT_S - skew_s) throw refused("iat is too long ago");
  // Proofs need neither (RFC 9449 §4.2), but what they say of themselves counts.
  if (exp !== undefined && !(typeof exp === "number" && exp > now_s - skew_s))
    throw refused("exp is in the past, or no time");
  if (nbf !== undefined && !(typeof nbf === "number" && nbf <= now_s + skew_s))
    throw refused("nbf is in the future, or no time");
  const hash = createHash("sha256").update(token).digest("base64url");
  if (ath !== hash && (names_token || ath !== undefined))
    throw refused("ath is not the hash of this token");
  if (typeof jti !== "string" || jti === "" || jti.length > JTI_LIMIT_CHARACTERS)
    throw refused("jti is missing");
  if (nonces && !nonces.isGood(claims["nonce"], now_s)) throw new StsError("dpop_nonce_required");
  const proof = createHash("sha256").update(`${jkt}.${jti}`).digest("base64url");
  return { jkt, proof, until_s: Math.ceil(iat) + AGE_LIMIT_S + skew_s };
}

async function signedProof(
  jwt: string,
): Promise<{ readonly claims: Claims; readonly jkt: string }> {
  if (jwt.length > PROOF_LIMIT_CHARACTERS || !COMPACT.test(jwt)) throw refused("is no signed JWT");
  try {
    const header = objectIn(Buffer.from(jwt.split(".")[0] ?? "", "base64url"), "header");
    const { typ, alg, jwk } = header;
    if (typ !== "dpop+jwt") throw refused("typ is not dpop+jwt");
    if (!DPOP_ALGORITHMS.some((each) => each === alg)) throw refused("alg is not one of ours");
    const [key] = await usableKeys({ keys: [jwk] }, { uses: ["sig"] });
    if (!key) throw refused("jwk is no public key");
    const options = { algorithms: [...DPOP_ALGORITHMS] };
    const { payload } = await compactVerify(
      jwt,
      await importJWK(bareKey(key), String(alg)),
      options,
    );
    const jkt = await calculateJwkThumbprint(key, "sha256");
    return { claims: objectIn(payload, "payload"), jkt };
  } catch (cause) {
    if (cause instanceof StsError && cause.code === "token_binding_invalid") throw cause;
    throw new StsError(
      "token_binding_invalid",
      { reason: `${WHAT} is not signed by its jwk` },
      { cause },
    );
  }
}

/** What the key itself says about its use does not matter: the header says it, and is signed. */
const bareKey = ({ kid: _kid, alg: _alg, ...key }: JWK): JWK => key;

/** RFC 9449 §4.3: without query and fragment, and as RFC 3986 §6.2 normalises. */
function bare(url: unknown): string | undefined {
  if (typeof url !== "string" || !URL.canParse(url)) return undefined;
  const { origin, pathname, username, password } = new URL(url);
  // RFC 9110 §4.2.4: user and password are no part of an http URL.
  if (username !== "" || password !== "") return undefined;
  return `${origin}${pathname}`;
}

const WHAT = "the DPoP proof";
const refused = (reason: string) =>
  new StsError("token_binding_invalid", { reason: `${WHAT}: ${reason}` });
