import { StsError } from "../errors.ts";
import { checkScopes } from "./check-aim.ts";
import { CHECKS, type Check, type CheckedAt } from "./checks.ts";
import { checkProof, type DpopProof } from "./dpop.ts";
import { identityOf } from "./identify.ts";
import type { Identity } from "./identity.ts";
import type { Issuers } from "./issuer.ts";
import type { ProofNonces } from "./proof-nonces.ts";
import { tokenUse } from "./token-use.ts";
import type { UsedProofs } from "./used-proofs.ts";
import { type Vouched, vouchedFor } from "./vouched.ts";

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
    throw refusalBy(error);
  });
}

/** Whatever else was thrown is a refusal as well. */
export const refusalBy = (error: unknown): StsError =>
  error instanceof StsError ? error : unexpected(error);

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
  const vouched = await vouchedFor(token, verifier.issuers, verifier.token_limit_bytes);
  const { clock_skew_s: skew_s, nonces } = verifier;
  const key =
    proof && verifier.proofs && (await checkProof(proof, token, { now_s, skew_s, nonces }));
  const identity = identityIn(token, vouched, { now_s, skew_s, jkt: key?.jkt });
  if (key) verifier.proofs?.take(key, now_s); // Last, so that only good tokens are remembered for.
  return identity;
}

/** Who it is, if all that is said stands up to the checks. */
export function identityIn(token: string, vouched: Vouched, at: At): Identity {
  const { issuer, claims } = vouched;
  for (const each of CHECKS) checkAll(vouched, each, at);
  const identity = identityOf(claims, issuer);
  checkScopes(identity.scopes, issuer);
  if (issuer.token_use === "reuse") return identity;
  return { ...identity, token_use: tokenUse(token, claims, issuer.url) };
}

type At = Omit<CheckedAt, "told">;

/** Makes one check of everything that is said. */
export function checkAll({ issuer, checked, told }: Vouched, { check }: Check, at: At): void {
  for (const said of checked) check(said, issuer, { ...at, told });
}
