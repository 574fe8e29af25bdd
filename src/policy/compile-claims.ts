import { type ClaimPath, claimPath, lookup } from "./claims.ts";
import { type Check, claimCheck, isList, listOf } from "./criterion.ts";
import type { CriterionFile, Scalar } from "./criterion-schema.ts";
import { isEmail } from "./email.ts";
import type { RuleKey } from "./index-rules.ts";
import { likeFault } from "./like.ts";
import type { RuleFile } from "./schema.ts";
import { quote, type Report } from "./scope.ts";

/** The checks of a rule's claims. */
export function claimChecks(file: RuleFile, report: Report): Check[] {
  return Object.entries(file.claims ?? {}).flatMap(([name, criterion]) => {
    const path = claimPath(name);
    if (!path) {
      report(
        ["claims", name],
        `${quote(name)} is neither the name of a claim nor a JSON Pointer (~ is written ~0)`,
      );
      return [];
    }
    checkCriterion(path, criterion, report);
    return [claimCheck(path, criterion)];
  });
}

function checkCriterion(path: ClaimPath, criterion: CriterionFile, report: Report): void {
  if (typeof criterion !== "object" || isList(criterion)) return;
  const at = ["claims", path.name];
  if ("not" in criterion && new Set(listOf(criterion.not).map((value) => typeof value)).size > 1)
    report([...at, "not"], "must be of one type: a claim of any other type misses");
  if ("domain" in criterion && !isEmail(path))
    report([...at, "domain"], "is for the claim email: only of that does email_verified speak");
  if (!("like" in criterion)) return;
  for (const form of listOf(criterion.like)) {
    const fault = likeFault(form);
    if (fault !== undefined) report([...at, "like"], `${quote(form)} ${fault}`);
  }
}

/** What a claim must be one of, where it says so: the values of a scalar, or members of an array. */
function valuesOf(criterion: CriterionFile): {
  readonly values: readonly Scalar[];
  readonly member: boolean;
} {
  if (typeof criterion !== "object") return { values: [criterion], member: false };
  if (isList(criterion)) return { values: criterion, member: false };
  return "has" in criterion
    ? { values: listOf(criterion.has), member: true }
    : { values: [], member: false };
}

/** The claims by whose values, or the beginnings of these, a rule can be found. */
export function claimKeys(file: RuleFile): readonly RuleKey[] {
  return Object.entries(file.claims ?? {}).flatMap(([name, criterion]): readonly RuleKey[] => {
    const path = claimPath(name);
    if (!path) return [];
    if (typeof criterion === "object" && "like" in criterion)
      return likeKey(path, listOf(criterion.like));
    if (typeof criterion === "object" && "domain" in criterion)
      return [{ id: "domain", values: listOf(criterion.domain), of: domainsOf(path) }];
    const { values, member } = valuesOf(criterion);
    if (values.length === 0) return [];
    const id = `${member ? "member" : "claim"} ${idOf(path)}`;
    const of: RuleKey["of"] = ({ claims }) => {
      const value = lookup(claims, path);
      if (!member) return [value];
      return Array.isArray(value) ? value : [];
    };
    return [{ id, values, of }];
  });
}

/** By what stands before the first star; a form that begins with one can fit anything. */
function likeKey(path: ClaimPath, forms: readonly string[]): readonly RuleKey[] {
  const values = forms.map((form) => form.slice(0, form.indexOf("*")));
  if (values.includes("")) return [];
  const of: RuleKey["of"] = ({ claims }) => [lookup(claims, path)];
  return [{ id: `like ${idOf(path)}`, values, heads: true, of }];
}

/** What an address ends with, whether or not it is one: that is checked by the rules that are found. */
const domainsOf =
  (path: ClaimPath): RuleKey["of"] =>
  ({ claims }) => {
    const email = lookup(claims, path);
    return typeof email === "string" ? [email.slice(email.lastIndexOf("@") + 1).toLowerCase()] : [];
  };

/**
 * The claims that a rule names by value. Of a guarded claim nothing else will do: `exists` and `not`
 * also hold for values that nobody thought of.
 */
export function namesOf(file: RuleFile): ReadonlySet<string> {
  const names = Object.entries(file.claims ?? {}).flatMap(([name, criterion]) => {
    const path = claimPath(name);
    return path && valuesOf(criterion).values.length > 0 ? [idOf(path)] : [];
  });
  return new Set(names);
}

/** The same for a name and for a pointer to the same place. */
export const idOf = ({ steps }: ClaimPath) => JSON.stringify(steps);
