import { type Document, type Fault, FaultError, type Path } from "../config/index.ts";
import { claimChecks, claimKeys, namesOf } from "./compile-claims.ts";
import { checkIncludes } from "./compile-include.ts";
import { compileRoles, ROLE_NAME, type Roles } from "./compile-roles.ts";
import { checksOf } from "./criterion.ts";
import type { Trace } from "./decision.ts";
import { indexRules, keysOf } from "./index-rules.ts";
import type { AdminRole, Policy, PolicyContext, Role, Rule } from "./policy.ts";
import type { PolicyFile, RuleFile } from "./schema.ts";
import { type FileScope, quote, type Report, scopeOf, unknown } from "./scope.ts";
import { TRACE_LIMIT } from "./trace.ts";

/** A file of the policy, or as much of it as fits its schema. */
export interface Parsed {
  readonly path: string;
  readonly document: Document<PolicyFile>;
  /** What does not fit. */
  readonly faults: readonly Fault[];
  /** Whether something here or below does not fit: what is missing then is no fault of its own. */
  unfit(path: Path): boolean;
}

/** The root file, then those that it includes. */
export type ParsedFiles = readonly [Parsed, ...Parsed[]];

type Compiled = Pick<Policy, "issuers" | "rules_count" | "strangers" | "admin_roles">;

/**
 * Checks what a schema cannot and prepares everything that does not depend on an identity. Roles and
 * rules of the root file come first, then those of the others in the order in which it includes them.
 *
 * @throws FaultError with every fault and its position.
 */
export function compile([root, ...others]: ParsedFiles, context: PolicyContext): Compiled {
  const faults = [root, ...others].flatMap((file) => file.faults);
  const say = (fault: Fault) => void faults.push(fault);
  const scopes = [scopeOf(root, context, say)];
  for (const include of root.document.value.include ?? []) {
    const file = others.find(({ path }) => path === include.path);
    if (file) scopes.push(scopeOf(file, context, say, include));
  }
  checkIncludes(root, context, say);

  const roles = compileRoles(scopes);
  const admin_roles = compileAdminRoles(scopes);
  const rules = compileRules(scopes, roles, [...admin_roles.keys()]);
  if (faults.length > 0) throw new FaultError(faults);
  return { ...byIssuer(rules), rules_count: rules.length, admin_roles };
}

function compileRules(
  scopes: readonly FileScope[],
  roles: Roles,
  admins: readonly string[],
): readonly Rule[] {
  const names = new Set<string>();
  const rules: Rule[] = [];
  for (const scope of scopes) {
    for (const [index, file] of scope.file.rules.entries()) {
      const report = scope.at("rules", index);
      const { name, issuer } = file;
      if (names.has(name)) report(["name"], `a rule before it is called ${quote(name)} too`);
      names.add(name);
      if (!scope.context.issuers.includes(issuer))
        report(["issuer"], unknown("issuer", issuer, scope.context.issuers));
      rules.push(compileRule(rules.length, file, roles.of(file, scope), admins, report));
    }
  }
  return rules;
}

function compileRule(
  place: number,
  file: RuleFile,
  held: readonly Role[],
  admins: readonly string[],
  report: Report,
): Rule {
  if (!file.roles && !file.grant && !file.admin)
    report([], "gives nothing: it needs roles, grant or admin");
  for (const [index, name] of file.admin?.entries() ?? []) {
    if (!admins.includes(name)) report(["admin", index], unknown("admin role", name, admins));
  }
  const slots = held
    .flatMap((r) => [...r.publish, ...r.subscribe, ...r.deny_publish, ...r.deny_subscribe])
    .flatMap((t) => t.slots);
  return {
    name: file.name,
    issuer: file.issuer,
    place,
    checks: [...checksOf(file), ...claimChecks(file, report)],
    keys: [...keysOf(file), ...claimKeys(file)],
    names: namesOf(file),
    slots: [...new Map(slots.map((slot) => [slot.text, slot])).values()],
    tags: held.flatMap(({ tags }) => tags).filter(({ value }) => typeof value !== "string"),
    roles: held,
    admin: file.admin ?? [],
  };
}

function compileAdminRoles([root]: readonly FileScope[]): ReadonlyMap<string, AdminRole> {
  const all = new Map<string, AdminRole>();
  const accounts = root?.context.accounts ?? [];
  for (const [name, role] of Object.entries(root?.file.admin_roles ?? {})) {
    const report = root?.at("admin_roles", name);
    if (!ROLE_NAME.form.test(name))
      report?.([], `${quote(name)} is no name for an admin role: one ${ROLE_NAME.words}`);
    for (const [index, account] of role.accounts.entries()) {
      if (!accounts.includes(account))
        report?.(["accounts", index], unknown("account", account, accounts));
    }
    all.set(name, role);
  }
  return all;
}

/** Sorts the rules by issuer. A small policy has its trace as it is when all rules of one match. */
function byIssuer(rules: readonly Rule[]): Pick<Policy, "issuers" | "strangers"> {
  const small = rules.length <= TRACE_LIMIT;
  const strangers: Trace = small
    ? rules.map(({ name }) => Object.freeze({ rule: name, missed: "issuer" }))
    : [Object.freeze({ rule: "", missed: "not listed", rules: rules.length })];
  const issuers = new Map<string, { rules: Rule[]; trace: Trace[number][] }>();
  for (const rule of rules) {
    const own = issuers.get(rule.issuer) ?? { rules: [], trace: small ? [...strangers] : [] };
    issuers.set(rule.issuer, own);
    own.rules.push(rule);
    if (small) own.trace[rule.place] = Object.freeze({ rule: rule.name });
  }
  const indexed = [...issuers].map(
    ([issuer, own]) => [issuer, { ...own, index: indexRules(own.rules) }] as const,
  );
  return { issuers: new Map(indexed), strangers };
}
