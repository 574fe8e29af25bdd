import { StsError } from "../errors.ts";
import { checkScopes } from "./check-aim.ts";
import { CHECKS } from "./checks.ts";
import type { Claims } from "./claim.ts";
import { checkProof, type DpopProof } from "./dpop.ts";
import { identityOf } from "./identify.ts";
import type { Identity } from "./identity.ts";
import type { Issuer, Issuers } from "./issuer.ts";
import { introspected, opaqueIssuer } from "./opaque.ts";
import type { ProofNonces } from "./proof-nonces.ts";
import { readUnverified, type Unverified } from "./shape.ts";
import { checkHeader, signedClaims } from "./signature.ts";
import { tokenUse } from "./token-use.ts";
import type { UsedProofs } from "./used-proofs.ts";

/** What verification needs beside the token. */
export interface Verifier {
  readonly issuers: Issuers;
  readonly token_limit_bytes: number;
  /** Forgiven on exp, nbf and iat. RFC 7519 §4.1.4: "no more than a few minutes". */
  readonly clock_skew_s: number;
  /** Proofs of possession that were used. Where it is absent, tokens that are bound are refused. */
  readonly proofs?: UsedProofs;
  /** Present where proofs must hold a nonce of ours. */
  readonly nonces?: ProofNonces;
}

/**
 * Proves who stands behind a token (RFC 9068 §4, RFC 8725 §3), or says what is wrong with it. Each
 * refusal has its reason for the operator in `detail`; the caller learns the code.
 *
 * @param now_s Unix seconds
 * @param proof that the caller holds the key to which the token is bound (RFC 9449)
 * @throws StsError: the token's faults as `token_…`, `issuer_untrusted` or `insufficient_scope`, its
 *   proof's also as `dpop_nonce_required`; the network's as `issuer_unavailable`
 */
export function verify(
  token: string,
  verifier: Verifier,
  now_s: number,
  proof?: DpopProof,
): Promise<Identity> {
  return verified(token, verifier, now_s, proof).catch((error: unknown) => {
    throw error instanceof StsError ? error : unexpected(error);
  });
}

/** Whatever a token brings about in here that nobody thought of is its own refusal, and no failure. */
function unexpected(cause: unknown): StsError {
  const { name, stack = "" } = cause instanceof Error ? cause : new Error("not an error");
  const [, place] = /([\w-]+\.[jt]s:\d+):\d+\)?$/m.exec(stack) ?? []; // the message may hold a claim
  const reason = `verification stopped with ${name} at ${place}`;
  return new StsError("token_claims_invalid", { reason }, { cause });
}

async function verified(
  token: string,
  verifier: Verifier,
  now_s: number,
  proof?: DpopProof,
): Promise<Identity> {
  const { issuer, claims } = await proved(token, verifier);
  const { clock_skew_s: skew_s, nonces } = verifier;
  const key =
    proof && verifier.proofs && (await checkProof(proof, token, { now_s, skew_s, nonces }));
  const at = { now_s, skew_s, jkt: key?.jkt };
  for (const { check } of CHECKS) check(claims, issuer, at);
  const identity = identityOf(claims, issuer);
  checkScopes(identity.scopes, issuer);
  if (key) verifier.proofs?.take(key, now_s); // Last, so that only good tokens are remembered for.
  if (issuer.token_use === "reuse") return identity;
  return { ...identity, token_use: tokenUse(token, claims, issuer.url) };
}

/** What the issuer vouches for, by its signature or because it was asked. */
async function proved(
  token: string,
  { issuers, token_limit_bytes }: Verifier,
): Promise<{ readonly issuer: Issuer; readonly claims: Claims }> {
  const asked = opaqueIssuer(token, issuers, token_limit_bytes);
  if (asked) return { issuer: asked, claims: await introspected(token, asked) };
  const unverified = readUnverified(token, token_limit_bytes);
  const issuer = issuerOf(unverified, issuers);
  checkHeader(unverified, issuer);
  const claims =
    issuer.validation === "introspection"
      ? await introspected(token, issuer)
      : await signedClaims(token, unverified, issuer);
  return { issuer, claims };
}

/** `spiffe://trust-domain`, of the subject of an SVID. */
const TRUST_DOMAIN = /^spiffe:\/\/[a-z0-9._-]{1,255}(?=\/)/;

/** Nothing but a configured issuer is ever asked for its keys. Only SVIDs may do without iss. */
export function issuerOf({ iss, sub }: Unverified, issuers: Issuers): Issuer {
  const domain = typeof sub === "string" ? TRUST_DOMAIN.exec(sub)?.[0] : undefined;
  const named = typeof iss === "string" ? issuers.get(iss) : undefined;
  // A trust domain stands in the place of iss nowhere: it is read off the subject alone.
  const issuer = named?.rules.issuer_claim === "iss" ? named : domain && issuers.get(domain);
  if (issuer) return issuer;
  const reason =
    typeof iss === "string" ? "iss is not a configured issuer" : "iss is missing or no string";
  throw new StsError("issuer_untrusted", { reason });
}
