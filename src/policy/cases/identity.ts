import { type ErrorCode, StsError } from "../../errors.ts";
import {
  type ClaimsIssuer,
  type Identity,
  identify,
  issuerOfClaims,
} from "../../identity/index.ts";
import { isKnown, issuerNamed } from "./load.ts";

type Claims = Readonly<Record<string, unknown>>;

/** Who a case is about and when, or why no identity comes of its claims. */
export type Subjected =
  | { readonly identity: Identity; readonly now_s: number }
  | { readonly code: ErrorCode; readonly why: string };

/** When a token without any times of its own is presented, Unix seconds. */
const SOME_TIME_S = 1_800_000_000;
const TOKEN_LIFE_S = 3600;

/**
 * The identity that claims would be, at the time of their `iat`: so a token that was kept as an
 * example stays one. Without `exp` it has an hour to live.
 *
 * @param named the issuer that the case names, if it does
 * @param otherwise_s the time where the claims have none, Unix seconds; for cases always the same
 */
export function identityFor(
  claims: Claims,
  named: string | undefined,
  issuers: readonly ClaimsIssuer[],
  otherwise_s = SOME_TIME_S,
): Subjected {
  const [only, ...others] = issuers;
  const issuer =
    named === undefined
      ? (issuerOfClaims(claims, issuers) ??
        (claims["iss"] === undefined && others.length === 0 ? only : undefined))
      : (issuers.find(({ name }) => name === named) ?? issuerNamed(named));
  if (!issuer) {
    const why = "iss is that of no issuer: name one with issuer, or give it its url";
    return { code: "issuer_untrusted", why };
  }
  if (claims["iss"] !== undefined && isKnown(issuer) && !issuerOfClaims(claims, [issuer]))
    return { code: "issuer_untrusted", why: `iss is not that of ${issuer.name}` };
  const now_s = timeOf(claims) ?? otherwise_s;
  try {
    return { identity: identify({ exp: now_s + TOKEN_LIFE_S, ...claims }, issuer), now_s };
  } catch (error) {
    if (!(error instanceof StsError)) throw error;
    const { claim, reason, hint } = error.detail;
    const why = [claim, reason, hint && `(${hint})`].filter(Boolean).join(" ");
    return { code: error.code, why: `read as ${issuer.preset}: ${why}` };
  }
}

function timeOf({ iat, exp }: Claims): number | undefined {
  if (typeof iat === "number") return iat;
  return typeof exp === "number" ? exp - TOKEN_LIFE_S : undefined;
}
