import { StsError } from "../errors.ts";
import type { Claims } from "./claim.ts";
import type { Issuer, Issuers } from "./issuer.ts";
import { introspected, opaqueIssuer } from "./opaque.ts";
import { invalid } from "./refuse.ts";
import { payloadOf, readUnverified, type Unverified } from "./shape.ts";
import { checkHeader, signedClaims } from "./signature.ts";

/** What an issuer vouches for. */
export interface Vouched {
  readonly issuer: Issuer;
  /** Whose identity it is. */
  readonly claims: Claims;
  /** Everything that has to stand up to the checks. */
  readonly checked: readonly Claims[];
  /** Whether the claims are an answer of the issuer rather than what it signed. */
  readonly told: boolean;
}

/** What the issuer vouches for, by its signature, or because it was asked, or both. */
export async function vouchedFor(
  token: string,
  issuers: Issuers,
  limit_bytes: number,
): Promise<Vouched> {
  const asked = opaqueIssuer(token, issuers, limit_bytes);
  if (asked) return vouched(asked, undefined, await introspected(token, asked));
  const unverified = readUnverified(token, limit_bytes);
  const issuer = issuerOf(unverified, issuers);
  checkHeader(unverified, issuer);
  const { validation } = issuer;
  const own =
    validation === "introspection"
      ? payloadOf(token)
      : await signedClaims(token, unverified, issuer);
  return vouched(issuer, own, validation === "jwt" ? undefined : await introspected(token, issuer));
}

/**
 * Puts together what a token says of itself and what its issuer says of it. The identity is that of the
 * side that proves it, and whatever the other one says beside that can only make it stricter.
 *
 * @param own undefined for an opaque token; without proof, unless signatures count for this issuer
 * @param told undefined where the issuer is not asked
 * @throws StsError `token_claims_invalid` where they are about two
 */
export function vouched(
  issuer: Issuer,
  own: Claims | undefined,
  told: Claims | undefined,
): Vouched {
  const by_answer = told !== undefined && (!own || issuer.validation === "introspection");
  const [claims = {}, other] = by_answer ? [told, own] : [own, told];
  if (!other) return { issuer, claims, checked: [claims], told: by_answer };
  if (claims["sub"] !== undefined && other["sub"] !== undefined && claims["sub"] !== other["sub"])
    throw invalid(issuer, "sub", "is not the same in the token and in what the issuer says");
  // Neither has to say all: RFC 7662 §2.2 requires no more than `active`, and lightweight JWTs say little.
  const checked = [
    { ...bindingOf(other), ...claims },
    { ...claims, ...other },
  ];
  return { issuer, claims, checked, told: by_answer };
}

/** A token is bound to a key where either side says so. */
const bindingOf = ({ cnf }: Claims): Claims => (cnf === undefined ? {} : { cnf });

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
