import { StsError } from "../errors.ts";
import type { Claim } from "./claim.ts";
import type { Reader } from "./issuer.ts";

/** A claim that is not as it must be. The reason says what, and never the value. */
export function invalid(issuer: Reader, claim: Claim, reason: string): StsError {
  const { missing } = issuer.rules;
  const hint =
    Object.hasOwn(missing, claim) && reason === "is missing" ? missing[claim] : undefined;
  const detail = { issuer: issuer.name, claim, reason };
  return new StsError("token_claims_invalid", { ...detail, ...(hint !== undefined && { hint }) });
}

/** A token that is not of the kind that this issuer's callers are to bring. */
export const wrongKind = (issuer: Reader, reason: string): StsError =>
  new StsError("token_type_not_allowed", { issuer: issuer.name, reason });
