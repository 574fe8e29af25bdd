import { createHash, randomUUID } from "node:crypto";
import { CompactSign, calculateJwkThumbprint, importJWK, type JWK } from "jose";
import { newSigningKey } from "./provider-keys.ts";

type Members = Readonly<Record<string, unknown>>;

/** A key of a client, and proofs that it holds it (RFC 9449). */
export interface DpopKey {
  readonly jwk: JWK;
  readonly jkt: string;
  /** A good proof for a token, a method and a URL; a member that is undefined is not there. */
  proof(url: string, token?: string, claims?: Members, header?: Members): Promise<string>;
}

export async function dpopKey(alg: "ES256" | "RS256" = "ES256"): Promise<DpopKey> {
  const jwk = await newSigningKey(alg);
  const { kty, crv, x, y, n, e } = jwk;
  const open: JWK = JSON.parse(JSON.stringify({ kty, crv, x, y, n, e }));
  return {
    jwk,
    jkt: await calculateJwkThumbprint(open, "sha256"),
    async proof(url, token, claims = {}, header = {}) {
      const iat = Math.floor(Date.now() / 1000);
      const ath = token && createHash("sha256").update(token).digest("base64url");
      const all = { htm: "POST", htu: url, iat, jti: randomUUID(), ath, ...claims };
      const heads: { alg: string } = JSON.parse(
        JSON.stringify({ typ: "dpop+jwt", alg, jwk: open, ...header }),
      );
      return new CompactSign(new TextEncoder().encode(JSON.stringify(all)))
        .setProtectedHeader(heads)
        .sign(await importJWK(jwk, alg));
    },
  };
}
