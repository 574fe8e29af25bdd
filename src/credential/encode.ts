import { createHash } from "node:crypto";
import { StsError } from "../errors.ts";
import { base32, type Signer } from "../keys/index.ts";
import { assertBounded, type UserClaims } from "./claims.ts";

/**
 * nats-server reads at most 4,096 bytes of CONNECT by default, of which the client's own fields
 * take some: about 3,800 bytes of JWT connect, so this leaves room for names and passwords.
 */
export const JWT_LIMIT_BYTES = 3_500;

/** 64 bytes in base64url without padding. */
const SIGNATURE_CHARACTERS = 86;

/** Base32 of 32 bytes. */
const ID_CHARACTERS = 52;

const HEADER = Buffer.from('{"typ":"JWT","alg":"ed25519-nkey"}').toString("base64url");

/** A signed JWT and its `jti`. */
export interface Encoded {
  readonly jwt: string;
  readonly id: string;
}

/**
 * Signs user claims. Ours, because the library encodes by Latin-1 (a name beyond ASCII throws or
 * breaks) and signs in pure JavaScript, which blocks the event loop for 20 ms.
 *
 * @throws StsError `permissions_too_large`, `signer_unavailable`
 */
export async function encodeUser(
  claims: UserClaims,
  signer: Signer,
  scoped_key?: string,
): Promise<Encoded> {
  // As in the Go library: base32 of SHA-512/256 over the claims without their id.
  const id = base32(createHash("sha512-256").update(JSON.stringify(claims)).digest());
  const payload = JSON.stringify({ jti: id, ...claims });
  assertBounded(JSON.parse(payload), scoped_key);
  const signed = `${HEADER}.${Buffer.from(payload).toString("base64url")}`;
  const bytes = bytesOf(payload);
  if (bytes > JWT_LIMIT_BYTES) {
    throw new StsError("permissions_too_large", { bytes, limit_bytes: JWT_LIMIT_BYTES });
  }
  const signature = await signer.sign(Buffer.from(signed)).catch((cause) => {
    throw new StsError("signer_unavailable", { signing_key: signer.public_key }, { cause });
  });
  return { jwt: `${signed}.${Buffer.from(signature).toString("base64url")}`, id };
}

/** The size of the JWT with these claims, in bytes, once it is signed. */
export function jwtBytes(claims: UserClaims): number {
  return bytesOf(JSON.stringify({ jti: "-".repeat(ID_CHARACTERS), ...claims }));
}

/** base64url takes four characters for three bytes, without padding. */
const bytesOf = (payload: string) =>
  HEADER.length + 1 + Math.ceil((Buffer.byteLength(payload) * 4) / 3) + 1 + SIGNATURE_CHARACTERS;
