import { errors, type JWTPayload, jwtVerify } from "jose";
import { type ErrorCode, StsError } from "../errors.ts";
import { type Identity, identityDigest } from "./identity.ts";
import type { Issuer, Issuers } from "./issuer.ts";
import { readUnverified, type Unverified } from "./shape.ts";

/** What verification needs beside the token. */
export interface Verifier {
  readonly issuers: Issuers;
  readonly token_limit_bytes: number;
  /** Forgiven on exp, nbf and iat. RFC 7519 §4.1.4: "no more than a few minutes". */
  readonly clock_skew_s: number;
}

/** Longer subjects are no name of anybody. */
const SUBJECT_LIMIT_CHARACTERS = 512;

/**
 * Proves who stands behind a token (RFC 9068 §4), or says what is wrong with it.
 *
 * @param now_s Unix seconds
 * @throws StsError: the token's faults as `token_…`, `issuer_untrusted` or `insufficient_scope`; the
 *   network's as `issuer_unavailable`
 */
export async function verify(token: string, verifier: Verifier, now_s: number): Promise<Identity> {
  const unverified = readUnverified(token, verifier.token_limit_bytes);
  const issuer = verifier.issuers.get(unverified.iss);
  if (!issuer) throw new StsError("issuer_untrusted", { reason: "iss is not a configured issuer" });
  checkHeader(unverified, issuer);

  const { payload } = await jwtVerify(token, issuer.keys.resolve, {
    issuer: issuer.url,
    audience: [...issuer.audience],
    algorithms: [...issuer.rules.algorithms],
    requiredClaims: [...issuer.rules.required],
    clockTolerance: verifier.clock_skew_s,
    currentDate: new Date(now_s * 1000),
  }).catch((cause) => {
    throw refusal(cause, issuer.name);
  });
  checkClaims(payload, issuer, now_s + verifier.clock_skew_s);
  return identityOf(payload, issuer);
}

function checkHeader({ alg, typ }: Unverified, { name, rules }: Issuer): void {
  if (!rules.algorithms.includes(alg))
    throw new StsError("token_algorithm_not_allowed", { issuer: name });
  if (!rules.typ.includes(typ)) throw new StsError("token_type_not_allowed", { issuer: name });
}

/** What jose leaves open: types, times to come, bindings, scopes. */
function checkClaims(
  claims: JWTPayload,
  { name, rules, required_scopes }: Issuer,
  latest_s: number,
): void {
  const invalid = (claim: string) => new StsError("token_claims_invalid", { issuer: name, claim });
  const { sub, exp, iat, cnf } = claims;
  if (typeof sub !== "string" || sub === "" || sub.length > SUBJECT_LIMIT_CHARACTERS)
    throw invalid("sub");
  if (!Number.isFinite(exp)) throw invalid("exp");
  if (!Number.isFinite(iat)) throw invalid("iat");
  if ((iat ?? 0) > latest_s)
    throw new StsError("token_not_yet_valid", { issuer: name, claim: "iat" });
  // RFC 7800 §3.1: a token that is bound to a key is worth nothing without it.
  if (cnf !== undefined) throw new StsError("token_binding_invalid", { issuer: name });
  const scopes = scopesIn(claims[rules.scopes]);
  if (!scopes) throw invalid(rules.scopes);
  const missing = required_scopes.filter((scope) => !scopes.includes(scope));
  if (missing.length > 0)
    throw new StsError("insufficient_scope", { issuer: name, missing, required_scopes });
}

/** RFC 6749 §3.3: words between single blanks. Undefined for anything that is not a string. */
function scopesIn(claim: unknown): readonly string[] | undefined {
  if (claim === undefined) return [];
  return typeof claim === "string" ? claim.split(" ").filter((word) => word !== "") : undefined;
}

function identityOf(claims: JWTPayload, issuer: Issuer): Identity {
  const { sub = "", exp = 0 } = claims; // both checked above
  const kind = issuer.rules.kind(claims);
  const client = issuer.rules.client
    .map((claim) => claims[claim])
    .find((value) => value !== undefined);
  return {
    issuer: issuer.name,
    issuer_url: issuer.url,
    kind,
    subject: sub,
    ...(typeof client === "string" && { client }),
    scopes: scopesIn(claims[issuer.rules.scopes]) ?? [],
    claims,
    token_expires_at: Math.floor(exp),
    token_kind: issuer.rules.token_kind,
    digest: identityDigest(issuer.url, kind, sub),
  };
}

/** jose's codes, as ours. What is not here is the token's fault as well: no throw becomes a 500. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  ERR_JWT_EXPIRED: "token_expired",
  ERR_JOSE_ALG_NOT_ALLOWED: "token_algorithm_not_allowed",
  ERR_JWS_INVALID: "token_malformed",
  ERR_JWT_INVALID: "token_malformed",
};

const CLAIM_CODES: Readonly<Record<string, ErrorCode>> = {
  aud: "token_audience_mismatch",
  iss: "issuer_untrusted",
  nbf: "token_not_yet_valid",
  exp: "token_claims_invalid",
};

function refusal(cause: unknown, issuer: string): StsError {
  if (cause instanceof StsError) return cause; // from the key set: the issuer's fault, not the token's
  if (cause instanceof errors.JWTClaimValidationFailed) {
    const missing = cause.reason === "missing";
    const code = missing
      ? "token_claims_invalid"
      : (CLAIM_CODES[cause.claim] ?? "token_claims_invalid");
    const wrong_type = cause.reason === "invalid";
    return new StsError(
      wrong_type ? "token_claims_invalid" : code,
      { issuer, claim: cause.claim, reason: cause.reason },
      { cause },
    );
  }
  const reason = cause instanceof errors.JOSEError ? cause.code : "ERR_UNEXPECTED";
  return new StsError(CODES[reason] ?? "token_signature_invalid", { issuer, reason }, { cause });
}
