import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { encodePublicKey, type NkeyKind } from "./nkey.ts";

/** Whoever can sign for an account: a key in memory here, a KMS elsewhere. */
export interface Signer {
  /** Public nkey of the signing key: `A…`, or `N…` of the key that signs journal heads. */
  readonly public_key: string;
  /** Ed25519 signature over these bytes. */
  sign(data: Uint8Array): Promise<Uint8Array>;
}

/** RFC 8410 §7: the fixed beginning of a PKCS #8 document with an Ed25519 seed. */
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * A signer over a seed, of an account unless said otherwise. The key lives in OpenSSL's memory, within a closure: inspecting or
 * serialising the signer shows the public key alone.
 *
 * @param raw 32 seed bytes; wiped before this returns
 */
export function seedSigner(raw: Uint8Array, kind: NkeyKind = "account"): Signer {
  const key = privateKey(raw);
  return {
    public_key: encodePublicKey(kind, publicBytes(key)),
    // node:crypto signs in about 45 µs: less than it costs to hand the work to another thread.
    sign: async (data) => sign(null, data, key),
  };
}

/**
 * The private key of an Ed25519 seed, in OpenSSL's memory.
 *
 * @param raw 32 seed bytes; wiped before this returns
 */
export function privateKey(raw: Uint8Array): KeyObject {
  const der = Buffer.concat([PKCS8_ED25519, raw]);
  try {
    return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  } finally {
    der.fill(0);
    raw.fill(0);
  }
}

/** The 32 public bytes that belong to an Ed25519 private key. */
export function publicBytes(key: KeyObject): Uint8Array {
  return createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
}

/** Whether an Ed25519 signature over these bytes is by the key with these 32 public bytes. */
export function signatureFits(
  raw_public: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const x = Buffer.from(raw_public).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return verify(null, data, key, signature);
}
