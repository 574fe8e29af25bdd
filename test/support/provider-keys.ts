import { generateKeyPair, randomUUID } from "node:crypto";
import type { JWK } from "jose";

/** Every signature algorithm that an issuer may use here. */
export type Alg = "RS256" | "PS256" | "ES256" | "ES384" | "EdDSA" | "Ed25519";

const KINDS: Readonly<Record<Alg, readonly [type: string, options: object]>> = {
  RS256: ["rsa", { modulusLength: 2048 }],
  PS256: ["rsa", { modulusLength: 2048 }],
  ES256: ["ec", { namedCurve: "P-256" }],
  ES384: ["ec", { namedCurve: "P-384" }],
  EdDSA: ["ed25519", {}],
  Ed25519: ["ed25519", {}],
};

/**
 * A new private signing key with `alg`, `use` and a `kid` of its own. It is generated straight
 * into a JWK: on Node 20 exporting generated keys one by one can deadlock in garbage collection.
 */
export function newSigningKey(alg: Alg): Promise<JWK> {
  const [type, options] = KINDS[alg];
  const jwk = { format: "jwk" };
  const settings = { ...options, publicKeyEncoding: jwk, privateKeyEncoding: jwk };
  return new Promise((resolve, reject) => {
    generate(type, settings, (error, _public, key) =>
      error ? reject(error) : resolve({ ...key, kid: randomUUID(), use: "sig", alg }),
    );
  });
}

/** As Node documents it; its type declarations know neither 'jwk' here nor a `type` variable. */
const generate = generateKeyPair as unknown as (
  type: string,
  options: object,
  done: (error: Error | null, publicKey: JWK, privateKey: JWK) => void,
) => void;
