import { errors } from "jose";
import type { Algorithm } from "../config/index.ts";
import { StsError } from "../errors.ts";
import type { Claims } from "./claim.ts";
import type { Issuer } from "./issuer.ts";
import { objectIn, type Unverified } from "./shape.ts";
import { isSignedBy } from "./signed-by.ts";

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
  const refuse = (reason: string) =>
    new StsError("token_type_not_allowed", { issuer: issuer.name, reason });
  allowed(alg, issuer);
  if (OTHER_KINDS.has(typ)) throw refuse("header typ is another kind's");
  if (!issuer.typ.includes(typ))
    throw refuse(`header typ is not ${issuer.typ.map(quoted).join(" or ")}`);
}

/** The algorithm, if it is one of the issuer's. */
function allowed(alg: string, { algorithms, name: issuer }: Issuer): Algorithm {
  const found = algorithms.find((each) => each === alg);
  if (found !== undefined) return found;
  const reason = "header alg is not one of the issuer's";
  throw new StsError("token_algorithm_not_allowed", { issuer, reason });
}

const quoted = (typ: string) => (typ === "" ? "absent" : typ);

/**
 * Proves that the issuer signed the token. Its key is found and imported by jose.
 *
 * @param token three parts of canonical base64url
 * @param header read off the first of them
 * @returns the claims, read from the very bytes that are signed
 * @throws StsError `token_signature_invalid`, `token_algorithm_not_allowed`, or `issuer_unavailable`
 *   from the key set
 */
export async function signedClaims(
  token: string,
  { alg, kid }: Pick<Unverified, "alg" | "kid">,
  issuer: Issuer,
): Promise<Claims> {
  const algorithm = allowed(alg, issuer);
  const [head, end] = [token.indexOf("."), token.lastIndexOf(".")];
  const signed = Buffer.from(token.slice(0, end), "latin1");
  const signature = Buffer.from(token.slice(end + 1), "base64url");
  const good = await issuer.keys
    .resolve({ alg, ...(kid !== undefined && { kid }) })
    .then((key) => isSignedBy(key, algorithm, signed, signature))
    .catch((cause) => {
      throw refusal(cause, issuer.name);
    });
  if (!good) throw invalid(issuer.name, "the signature is not by the issuer's key");
  return objectIn(Buffer.from(token.slice(head + 1, end), "base64url"), "payload");
}

/** What to tell the operator; jose's own messages are not ours to promise. */
const REASONS: Readonly<Record<string, string>> = {
  ERR_JWKS_NO_MATCHING_KEY: "no key of the issuer has this kid and alg",
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: "several keys of the issuer fit, and kid does not choose one",
};

/** What is no refusal of ours is the token's fault as well: no throw becomes a 500. */
function refusal(cause: unknown, issuer: string): StsError {
  if (cause instanceof StsError) return cause; // from the key set: the issuer's fault, not the token's
  const code = cause instanceof errors.JOSEError ? cause.code : "ERR_KEY_UNUSABLE";
  return invalid(issuer, REASONS[code] ?? code, cause);
}

const invalid = (issuer: string, reason: string, cause?: unknown) =>
  new StsError("token_signature_invalid", { issuer, reason }, { cause });
