import { StsError } from "../errors.ts";
import type { CheckedAt } from "./checks.ts";
import type { Claims } from "./claim.ts";
import type { Issuer } from "./issuer.ts";
import { invalid } from "./refuse.ts";

/** 9999-12-31: later NumericDates are milliseconds, or nonsense. */
const LATEST_S = 253_402_300_799;

/** When the token is valid (RFC 7519 §4.1.4 to §4.1.6), and that it is young and short-lived enough. */
export function checkTimes(
  claims: Claims,
  issuer: Issuer,
  { now_s, skew_s, told = false }: CheckedAt,
): void {
  const exp = dateIn(claims, "exp", issuer);
  const iat = dateIn(claims, "iat", issuer);
  const nbf = dateIn(claims, "nbf", issuer);
  if (exp === undefined) throw invalid(issuer, "exp", "is missing");
  // RFC 7662 §2.2 leaves it out of answers. How old a token is has to be known where that counts.
  const may_lack = told && issuer.max_token_age_s >= issuer.max_token_lifetime_s;
  if (iat === undefined && Object.hasOwn(issuer.rules.required, "iat") && !may_lack)
    throw invalid(issuer, "iat", "is missing");
  if (exp <= (iat ?? 0) || exp <= (nbf ?? 0))
    throw invalid(issuer, "exp", "is not after iat and nbf");

  const refuse = (code: "token_expired" | "token_not_yet_valid", claim: string, reason: string) =>
    new StsError(code, { issuer: issuer.name, claim, reason });
  if (exp <= now_s - skew_s) throw refuse("token_expired", "exp", "is in the past");
  if ((nbf ?? 0) > now_s + skew_s) throw refuse("token_not_yet_valid", "nbf", "is in the future");
  if ((iat ?? 0) > now_s + skew_s) throw refuse("token_not_yet_valid", "iat", "is in the future");
  // Without iat, the time that is left must do for the whole of it.
  const allowed_s = issuer.max_token_lifetime_s + (iat === undefined ? skew_s : 0);
  if (exp - (iat ?? now_s) > allowed_s)
    throw invalid(issuer, "exp", "is further from iat than max_token_lifetime");
  if (iat !== undefined && now_s - iat > issuer.max_token_age_s + skew_s)
    throw refuse("token_expired", "iat", "is longer ago than max_token_age");
}

/** A NumericDate (RFC 7519 §2): any number in a sensible range, whole or not. */
function dateIn(claims: Claims, claim: "exp" | "iat" | "nbf", issuer: Issuer): number | undefined {
  const value = claims[claim];
  if (value === undefined) return undefined;
  if (typeof value !== "number") throw invalid(issuer, claim, "is no number");
  // Zero is no time at which anything was issued, but some write it for "always" into nbf.
  const least = claim === "nbf" ? 0 : 1;
  if (!(value >= least && value <= LATEST_S)) throw invalid(issuer, claim, "is no time in seconds");
  return value;
}
