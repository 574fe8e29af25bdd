import { compactVerify, errors } from "jose";
import { type ErrorCode, StsError } from "../errors.ts";
import type { Claims } from "./claim.ts";
import type { Issuer } from "./issuer.ts";
import { objectIn, type Unverified } from "./shape.ts";

/**
 * Typ values of signed things that are no tokens to come here with (RFC 8725 §3.11): refused
 * whatever the operator allows.
 */
const OTHER_KINDS: ReadonlySet<string> = new Set([
  ...["logout+jwt", "secevent+jwt", "dpop+jwt", "oauth-authz-req+jwt", "client-authentication+jwt"],
  ...["token-introspection+jwt", "statuslist+jwt", "entity-statement+jwt", "trust-mark+jwt"],
  ...["kb+jwt", "dc+sd-jwt", "vc+sd-jwt", "vc+jwt", "vp+jwt", "jwk-set+jwt", "jose+json"],
  ...["oauth-id-jag+jwt", "passport", "openid4vci-proof+jwt", "keyattestation+jwt", "id_token+jwt"],
]);

/** Checks the header against what the issuer may send. */
export function checkHeader({ alg, typ }: Unverified, issuer: Issuer): void {
  const refuse = (code: ErrorCode, reason: string) =>
    new StsError(code, { issuer: issuer.name, reason });
  if (!issuer.algorithms.some((each) => each === alg))
    throw refuse("token_algorithm_not_allowed", "header alg is not one of the issuer's");
  if (OTHER_KINDS.has(typ)) throw refuse("token_type_not_allowed", "header typ is another kind's");
  if (!issuer.typ.includes(typ))
    throw refuse(
      "token_type_not_allowed",
      `header typ is not ${issuer.typ.map(quoted).join(" or ")}`,
    );
}

const quoted = (typ: string) => (typ === "" ? "absent" : typ);

/**
 * Proves that the issuer signed the token.
 *
 * @returns the claims, read from the very bytes that are signed
 * @throws StsError `token_signature_invalid`, or `issuer_unavailable` from the key set
 */
export async function signedClaims(token: string, issuer: Issuer): Promise<Claims> {
  const options = { algorithms: [...issuer.algorithms] };
  const { payload } = await compactVerify(token, issuer.keys.resolve, options).catch((cause) => {
    throw refusal(cause, issuer.name);
  });
  return objectIn(payload, "payload");
}

/** jose's codes, as ours. What is not here is the token's fault as well: no throw becomes a 500. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  ERR_JOSE_ALG_NOT_ALLOWED: "token_algorithm_not_allowed",
  ERR_JWS_INVALID: "token_malformed",
};

/** What to tell the operator; jose's own messages are not ours to promise. */
const REASONS: Readonly<Record<string, string>> = {
  ERR_JWKS_NO_MATCHING_KEY: "no key of the issuer has this kid and alg",
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: "several keys of the issuer fit, and kid does not choose one",
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: "the signature is not by the issuer's key",
};

function refusal(cause: unknown, issuer: string): StsError {
  if (cause instanceof StsError) return cause; // from the key set: the issuer's fault, not the token's
  const code = cause instanceof errors.JOSEError ? cause.code : "ERR_KEY_UNUSABLE";
  const reason = REASONS[code] ?? code;
  return new StsError(CODES[code] ?? "token_signature_invalid", { issuer, reason }, { cause });
}
