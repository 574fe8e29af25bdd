import { createHash, generateKeyPairSync } from "node:crypto";
import { StsError } from "../errors.ts";
import { decodePublicKey, encodePublicKey, encodeSeed } from "./nkey.ts";
import { signatureFits } from "./signer.ts";

/** A fresh user key pair, to be handed to the caller and forgotten. */
export interface UserKey {
  /** `U…` */
  readonly public_key: string;
  /** `SU…` */
  readonly seed: string;
}

/**
 * Makes a user key pair through node:crypto (the nkeys library takes some hundred times as long).
 * The key is asked for as a JWK: exporting one from a generated key object can deadlock on Node 20.
 */
export function makeUserKey(): UserKey {
  const jwk = { format: "jwk" } as const;
  // @types/node knows no JWK encoding of generateKeyPairSync.
  const { privateKey } = generateKeyPairSync("ed25519", {
    publicKeyEncoding: jwk,
    privateKeyEncoding: jwk,
  } as never) as unknown as { privateKey: { x: string; d: string } };
  return {
    public_key: encodePublicKey("user", Buffer.from(privateKey.x, "base64url")),
    seed: encodeSeed("user", Buffer.from(privateKey.d, "base64url")),
  };
}

/** The text that the owner of a user key signs to prove possession, for one token at one service. */
export function proofText(public_url: string, token: string): string {
  const digest = createHash("sha256").update(token).digest("base64url");
  return `nats-sts-user-key-v1\n${public_url}\n${digest}`;
}

/**
 * Whether a proof of possession holds: base64url without padding of the key's Ed25519 signature
 * over {@link proofText}. Without it, anyone could bind someone else's key to an identity and get
 * that key revoked.
 */
function proofHolds(
  user_public_key: string,
  proof: string,
  public_url: string,
  token: string,
): boolean {
  const raw = decodePublicKey("user", user_public_key);
  if (!raw || !/^[A-Za-z0-9_-]{86}$/.test(proof)) return false;
  const signature = Buffer.from(proof, "base64url");
  if (signature.toString("base64url") !== proof) return false; // a second spelling of the same bytes
  return signatureFits(raw, Buffer.from(proofText(public_url, token)), signature);
}

/** The key that a caller brought, as it came. */
export interface UserKeyClaim {
  readonly public_key?: string;
  readonly proof?: string;
}

/**
 * The caller's own key once its possession is proved; undefined where it brought none.
 *
 * @throws StsError `user_key_invalid`, `user_key_proof_invalid`
 */
export function provenKey(
  claim: UserKeyClaim,
  public_url: string,
  token: string,
): string | undefined {
  const { public_key, proof } = claim;
  if (public_key === undefined && proof === undefined) return undefined;
  if (public_key === undefined)
    throw new StsError("user_key_proof_invalid", { reason: "no key beside it" });
  if (!decodePublicKey("user", public_key)) throw new StsError("user_key_invalid");
  if (proof === undefined) throw new StsError("user_key_proof_invalid", { reason: "missing" });
  if (!proofHolds(public_key, proof, public_url, token)) {
    throw new StsError("user_key_proof_invalid", { reason: "does not verify" });
  }
  return public_key;
}
