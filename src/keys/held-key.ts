import { sign } from "node:crypto";
import { decodeSeed, encodePublicKey } from "./nkey.ts";
import { privateKey, publicBytes } from "./signer.ts";
import { proofText, type UserKey } from "./user-key.ts";

/** The user key of a seed that its owner kept, such as in a creds file; undefined where it is none. */
export function userKeyOf(seed: string): UserKey | undefined {
  const key = userPrivateKey(seed);
  return key && { public_key: encodePublicKey("user", publicBytes(key)), seed };
}

/**
 * Proves possession of a user key for one token at one service: base64url without padding of the
 * Ed25519 signature over {@link proofText}. Nothing else may ever be signed in this way.
 */
export function userKeyProof({ seed }: UserKey, public_url: string, token: string): string {
  const key = userPrivateKey(seed);
  if (!key) throw new TypeError("not the seed of a user key");
  return sign(null, Buffer.from(proofText(public_url, token)), key).toString("base64url");
}

function userPrivateKey(seed: string) {
  if (!/^SU[A-Z2-7]{56}$/.test(seed)) return undefined;
  const decoded = decodeSeed(Buffer.from(seed, "latin1"));
  return decoded?.kind === "user" ? privateKey(decoded.raw) : undefined;
}
