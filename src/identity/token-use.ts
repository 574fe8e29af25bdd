import { createHash } from "node:crypto";
import type { TokenUse } from "../journal/index.ts";
import type { Claims } from "./claim.ts";

/**
 * What tells one token from every other, for those that are good for one credential: issuer and `jti`
 * (RFC 7519 §4.1.7), else issuer and what is signed. The signature is no part of it: one who holds a
 * token can write an ECDSA signature in a second way that is as good.
 */
export function tokenUse(token: string, claims: Claims, issuer_url: string): TokenUse {
  const { jti, exp } = claims;
  const parts = token.split(".");
  const signed = parts.length === 3 ? parts.slice(0, 2).join(".") : token; // an opaque one has no parts
  const name = typeof jti === "string" ? ["jti", jti] : ["signed", sha256(signed)];
  // Rounded up: a token is not forgotten within the last second of its life.
  return { digest: sha256(JSON.stringify([issuer_url, ...name])), exp: Math.ceil(Number(exp)) };
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
