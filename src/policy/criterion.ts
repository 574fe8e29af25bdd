import type { Identity } from "../identity/index.ts";
import { type ClaimPath, leftOut, lookup } from "./claims.ts";
import type { CriterionFile, RuleFile, Scalar } from "./schema.ts";

/** What an identity missed on, undefined if it holds. Names the criterion, never a value. */
export type Check = (identity: Identity) => string | undefined;

/** The checks of a rule besides those of its claims, in the order in which they are made. */
export function checksOf(rule: RuleFile): Check[] {
  const { kind, client, scopes, any_scope } = rule;
  const checks: Check[] = [];
  if (kind !== undefined) checks.push((identity) => (identity.kind === kind ? undefined : "kind"));
  if (client !== undefined)
    checks.push((identity) => (identity.client === client ? undefined : "client"));
  if (rule.subject !== undefined) {
    const subjects = new Set(listOf(rule.subject));
    checks.push((identity) => (subjects.has(identity.subject) ? undefined : "subject"));
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
  const holds = testOf(criterion);
  return ({ claims }) => {
    if (holds(lookup(claims, path))) return undefined;
    return leftOut(claims, path.steps[0]) ? overage : missed;
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
function listOf<T extends Scalar>(value: T | readonly T[]): readonly T[] {
  return isList(value) ? value : [value];
}

/** `Array.isArray` does not narrow to a readonly array. */
function isList<T>(value: unknown | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}
