import type { Identity } from "../identity/index.ts";
import { type ClaimPath, leftOut, lookup } from "./claims.ts";
import type { CriterionFile, Scalar } from "./criterion-schema.ts";
import { emailTest, isVouched } from "./email.ts";
import { likeTest } from "./like.ts";
import type { RuleFile } from "./schema.ts";

/** What an identity missed on, undefined if it holds. Names the criterion, never a value. */
export type Check = (identity: Identity) => string | undefined;

/** The checks of a rule besides those of its claims, in the order in which they are made. */
export function checksOf(rule: RuleFile): Check[] {
  const { kind, scopes, any_scope } = rule;
  const checks: Check[] = [];
  if (kind !== undefined) checks.push((identity) => (identity.kind === kind ? undefined : "kind"));
  if (rule.client !== undefined) {
    const fits = among(listOf(rule.client));
    checks.push((identity) => (fits(identity.client) ? undefined : "client"));
  }
  if (rule.subject !== undefined) {
    const fits = among(listOf(rule.subject));
    checks.push((identity) => (fits(identity.subject) ? undefined : "subject"));
  }
  if (scopes) {
    checks.push((identity) =>
      scopes.every((s) => identity.scopes.includes(s)) ? undefined : "scopes",
    );
  }
  if (any_scope) {
    checks.push((identity) =>
      any_scope.some((s) => identity.scopes.includes(s)) ? undefined : "any_scope",
    );
  }
  return checks;
}

/** The check of one claim. */
export function claimCheck(path: ClaimPath, criterion: CriterionFile): Check {
  const missed = `claims.${path.name}`;
  const overage = `${missed} is not all in the token (overage)`;
  const unverified = `${missed} is not verified (email_verified)`;
  const holds = testOf(criterion);
  return ({ claims }) => {
    const value = lookup(claims, path);
    const vouched = isVouched(path, claims);
    if (vouched && holds(value)) return undefined;
    if (leftOut(claims, path.steps[0])) return overage;
    return vouched || value === undefined ? missed : unverified;
  };
}

/**
 * Whether a claim's value fits, by value and type. An absent claim is undefined and fits nothing; an
 * array fits `has` and `exists` only.
 */
function testOf(criterion: CriterionFile): (value: unknown) => boolean {
  if (typeof criterion !== "object") return (value) => value === criterion;
  if (isList(criterion)) return among(criterion);
  if ("has" in criterion) {
    const wanted = among(listOf(criterion.has));
    return (value) => Array.isArray(value) && value.some(wanted);
  }
  if ("exists" in criterion) return (value) => value !== undefined && value !== null;
  if ("domain" in criterion) return emailTest(listOf(criterion.domain));
  if ("like" in criterion) {
    const tests = listOf(criterion.like).map(likeTest);
    return (value) => tests.some((fits) => fits(value));
  }
  // A negative needs a claim of the type it speaks of: "5" is not a way around `not: 5`.
  const unwanted = listOf(criterion.not);
  const found = among(unwanted);
  const type = typeof unwanted[0];
  return (value) => typeof value === type && !found(value);
}

/** A set compares like `===` (no NaN stands in a policy), and keeps long lists fast. */
function among(wanted: readonly Scalar[]): (value: unknown) => boolean {
  const set = new Set<unknown>(wanted);
  return (value) => set.has(value);
}

/** One or several, as a list. */
export function listOf<T extends Scalar>(value: T | readonly T[]): readonly T[] {
  return isList(value) ? value : [value];
}

/** `Array.isArray` does not narrow to a readonly array. */
export function isList<T>(value: unknown | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}
