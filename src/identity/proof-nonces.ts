import { createHmac, randomBytes } from "node:crypto";

/** A nonce is handed out for so long, and is good until the one after it is no longer handed out. */
const WINDOW_S = 60;
const NONCE_BYTES = 18;

/** Nonces for proofs of possession (RFC 9449 §8): what a proof must hold to be a fresh one. */
export interface ProofNonces {
  /** The one to hand out now. */
  now(now_s: number): string;
  isGood(nonce: unknown, now_s: number): boolean;
}

/**
 * Remembers nothing: a nonce is the time under a secret, so nobody knows the later ones, and everybody
 * may be told the same. Who has none is told to come again, so that a restart costs one round trip.
 *
 * @param secret of this process, unless instances are to take each other's nonces
 */
export function proofNonces(secret: Uint8Array = randomBytes(32)): ProofNonces {
  const windowAt = (now_s: number) => Math.floor(now_s / WINDOW_S);
  const nonceOf = (window: number) =>
    createHmac("sha256", secret)
      .update(`nats-sts-dpop-nonce-v1.${window}`)
      .digest()
      .subarray(0, NONCE_BYTES)
      .toString("base64url");
  return {
    now: (now_s) => nonceOf(windowAt(now_s)),
    isGood(nonce, now_s) {
      const window = windowAt(now_s);
      return nonce === nonceOf(window) || nonce === nonceOf(window - 1);
    },
  };
}
