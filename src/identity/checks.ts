import { checkAudience, checkClient, checkIssuer } from "./check-aim.ts";
import { checkBinding, checkDiscriminators, checkNoIdToken, checkTokenKind } from "./check-kind.ts";
import { checkTimes } from "./check-times.ts";
import type { Claims } from "./claim.ts";
import type { Issuer } from "./issuer.ts";

/** One thing that must hold of the claims of a token, whoever vouches for them. */
export interface Check {
  /** For the operator, in a few words. */
  readonly name: string;
  /** Throws StsError where it does not hold. */
  check(claims: Claims, issuer: Issuer, at: CheckedAt): void;
}

/** Unix seconds, and how much is forgiven. */
export interface CheckedAt {
  readonly now_s: number;
  readonly skew_s: number;
  /** Thumbprint of the key that the caller has proved to hold; undefined where it proved none. */
  readonly jkt?: string | undefined;
  /** Whether the issuer told them when it was asked, where RFC 7662 §2.2 leaves more out. */
  readonly told?: boolean;
}

/** All of them, in the order in which they are looked at: the first that fails is what is told. */
export const CHECKS: readonly Check[] = [
  { name: "issuer", check: checkIssuer },
  { name: "kind of token", check: checkTokenKind },
  { name: "key binding", check: checkBinding },
  { name: "audience", check: checkAudience },
  { name: "not an ID token", check: checkNoIdToken },
  { name: "times", check: checkTimes },
  { name: "claims of the preset", check: checkDiscriminators },
  { name: "client", check: checkClient },
];
