import { webcrypto } from "node:crypto";
import type { Algorithm } from "../config/index.ts";

/** What a key must be for an algorithm, and how WebCrypto is told to use it. */
interface Way {
  readonly use: webcrypto.RsaPssParams | webcrypto.EcdsaParams | { readonly name: string };
  /** The curve of the key, or the hash that it was imported for. */
  readonly curve?: string;
  readonly hash?: string;
}

const rsa = (bits: number): Way => ({ use: { name: "RSASSA-PKCS1-v1_5" }, hash: `SHA-${bits}` });
/** RFC 7518 §3.5: the salt is as long as the hash. */
const pss = (bits: number): Way => ({
  use: { name: "RSA-PSS", saltLength: bits / 8 },
  hash: `SHA-${bits}`,
});
/** RFC 7518 §3.4: one curve and one hash for each. */
const ecdsa = (curve: string, bits: number): Way => ({
  use: { name: "ECDSA", hash: `SHA-${bits}` },
  curve,
});
/** RFC 8037 §3.1, and RFC 9864 §2.2 by its own name. */
const ED25519: Way = { use: { name: "Ed25519" } };

const WAYS: Readonly<Record<Algorithm, Way>> = {
  ...{ RS256: rsa(256), RS384: rsa(384), RS512: rsa(512) },
  ...{ PS256: pss(256), PS384: pss(384), PS512: pss(512) },
  ...{ ES256: ecdsa("P-256", 256), ES384: ecdsa("P-384", 384), ES512: ecdsa("P-521", 512) },
  ...{ EdDSA: ED25519, Ed25519: ED25519 },
};

/**
 * Whether the key made this signature. It is checked by another thread, so that ours goes on meanwhile.
 *
 * @param key as jose imported it for the algorithm; false for a key of any other
 */
export async function isSignedBy(
  key: webcrypto.CryptoKey,
  alg: Algorithm,
  signed: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const { use, curve, hash } = WAYS[alg];
  // `as`: which members there are depends on the name.
  const is = key.algorithm as webcrypto.KeyAlgorithm & {
    namedCurve?: string;
    hash?: { name: string };
  };
  if (is.name !== use.name || is.namedCurve !== curve || is.hash?.name !== hash) return false;
  return webcrypto.subtle.verify(use, key, signature, signed);
}
