import { type Document, type Fault, FaultError, type Path, suggestion } from "../config/index.ts";
import { claimPath } from "./claims.ts";
import { compileRole, quote, type Report } from "./compile-role.ts";
import { type Check, checksOf, claimCheck } from "./criterion.ts";
import type { Trace } from "./decision.ts";
import type { Policy, PolicyContext, Role, Rule } from "./policy.ts";
import type { PolicyFile, RuleFile } from "./schema.ts";

const ROLE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const NAME_RULE = "starts with a letter or digit, then up to 63 letters, digits, - and _";

/**
 * Checks what a schema cannot and prepares everything that does not depend on an identity.
 *
 * @throws FaultError with every fault and its position.
 */
export function compile(
  document: Document<PolicyFile>,
  context: PolicyContext,
): Pick<Policy, "issuers" | "strangers"> {
  const faults: Fault[] = [];
  const at =
    (...above: Path): Report =>
    (path, message) =>
      faults.push(document.fault([...above, ...path], message));

  const file = document.value;
  const roles = compileRoles(file, context, at);
  checkAdminRoles(file, context, at);
  checkNames(file, context, at);
  const rules = file.rules.map((rule, place) =>
    compileRule(place, rule, roles, Object.keys(file.admin_roles ?? {}), at("rules", place)),
  );
  if (faults.length > 0)
    throw new FaultError(faults.sort((a, b) => a.line - b.line || a.col - b.col));
  return byIssuer(file.rules, rules);
}

type At = (...above: Path) => Report;

/** Roles by name; the inline grants of rules are roles named after them. */
interface Roles {
  readonly named: ReadonlyMap<string, Role>;
  readonly inline: ReadonlyMap<RuleFile, Role>;
}

function compileRoles(file: PolicyFile, context: PolicyContext, at: At): Roles {
  const named = new Map<string, Role>();
  for (const [name, role] of Object.entries(file.roles ?? {})) {
    const report = at("roles", name);
    if (!ROLE_NAME.test(name)) report([], `${quote(name)} is no name for a role: one ${NAME_RULE}`);
    named.set(name, compileRole({ name, place: named.size }, role, context, report));
  }
  const taken = new Set(named.keys());
  const inline = new Map<RuleFile, Role>();
  for (const [index, rule] of file.rules.entries()) {
    if (!rule.grant) continue;
    const report = at("rules", index);
    const name = rule.name.replace(/[^A-Za-z0-9_-]+/g, "-");
    if (!ROLE_NAME.test(name)) {
      report(
        ["name"],
        `makes ${quote(name)} of its grant, which is no name for a role: one ${NAME_RULE}`,
      );
    }
    if (taken.has(name))
      report(["grant"], `is the role ${quote(name)}, after its rule: that name is taken`);
    taken.add(name);
    const place = named.size + inline.size;
    inline.set(
      rule,
      compileRole({ name, place }, rule.grant, context, at("rules", index, "grant")),
    );
  }
  return { named, inline };
}

function compileRule(
  place: number,
  file: RuleFile,
  roles: Roles,
  admins: readonly string[],
  report: Report,
): Rule {
  const held: Role[] = [];
  for (const [index, name] of file.roles?.entries() ?? []) {
    const role = roles.named.get(name);
    if (role) held.push(role);
    else
      report(
        ["roles", index],
        `unknown role ${quote(name)}${suggestion(name, [...roles.named.keys()])}`,
      );
  }
  const inline = roles.inline.get(file);
  if (inline) held.push(inline);
  if (!file.roles && !file.grant && !file.admin)
    report([], "gives nothing: it needs roles, grant or admin");
  for (const [index, name] of file.admin?.entries() ?? []) {
    if (!admins.includes(name)) {
      report(["admin", index], `unknown admin role ${quote(name)}${suggestion(name, admins)}`);
    }
  }
  const slots = held
    .flatMap((role) => [...role.publish, ...role.subscribe])
    .flatMap((t) => t.slots);
  return {
    name: file.name,
    place,
    checks: [...checksOf(file), ...claimChecks(file, report)],
    slots: [...new Map(slots.map((slot) => [slot.text, slot])).values()],
    roles: held,
  };
}

function claimChecks(file: RuleFile, report: Report): Check[] {
  return Object.entries(file.claims ?? {}).flatMap(([name, criterion]) => {
    const path = claimPath(name);
    if (!path) {
      report(
        ["claims", name],
        `${quote(name)} is neither the name of a claim nor a JSON Pointer (~ is written ~0)`,
      );
      return [];
    }
    const not = typeof criterion === "object" && "not" in criterion ? criterion.not : undefined;
    if (Array.isArray(not) && new Set(not.map((value) => typeof value)).size > 1) {
      report(["claims", name, "not"], "must be of one type: a claim of any other type misses");
    }
    return [claimCheck(path, criterion)];
  });
}

function checkNames(file: PolicyFile, context: PolicyContext, at: At): void {
  const names = new Set<string>();
  for (const [index, { name, issuer }] of file.rules.entries()) {
    if (names.has(name))
      at("rules", index)(["name"], `a rule before it is called ${quote(name)} too`);
    names.add(name);
    if (!context.issuers.includes(issuer)) {
      at("rules", index)(
        ["issuer"],
        `unknown issuer ${quote(issuer)}${suggestion(issuer, context.issuers)}`,
      );
    }
  }
}

function checkAdminRoles(file: PolicyFile, { accounts }: PolicyContext, at: At): void {
  for (const [name, role] of Object.entries(file.admin_roles ?? {})) {
    const report = at("admin_roles", name);
    if (!ROLE_NAME.test(name))
      report([], `${quote(name)} is no name for an admin role: one ${NAME_RULE}`);
    for (const [index, account] of role.accounts.entries()) {
      if (accounts.includes(account)) continue;
      report(
        ["accounts", index],
        `unknown account ${quote(account)}${suggestion(account, accounts)}`,
      );
    }
  }
}

/** Sorts the rules by issuer, each with its trace as it is when all rules of that issuer match. */
function byIssuer(
  files: readonly RuleFile[],
  rules: readonly Rule[],
): Pick<Policy, "issuers" | "strangers"> {
  const strangers: Trace = rules.map(({ name }) => Object.freeze({ rule: name, missed: "issuer" }));
  const issuers = new Map<string, { rules: Rule[]; trace: Trace[number][] }>();
  for (const rule of rules) {
    const issuer = files[rule.place]?.issuer ?? "";
    const own = issuers.get(issuer) ?? { rules: [], trace: [...strangers] };
    issuers.set(issuer, own);
    own.rules.push(rule);
    own.trace[rule.place] = Object.freeze({ rule: rule.name });
  }
  return { issuers, strangers };
}
