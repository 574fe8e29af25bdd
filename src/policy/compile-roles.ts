import { compileRole } from "./compile-role.ts";
import type { Role } from "./policy.ts";
import type { RoleFile } from "./role-schema.ts";
import type { RuleFile } from "./schema.ts";
import { type FileScope, quote, unknown } from "./scope.ts";

/** How roles are called: they stand in scopes, requests and the journal. */
export const ROLE_NAME = {
  form: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
  words: "starts with a letter or digit, then up to 63 letters, digits, - and _",
} as const;

/** The roles of all files; the inline grants of rules are roles named after them. */
export interface Roles {
  /** Those that a rule of a file gives. What it may not give is a fault. */
  of(rule: RuleFile, scope: FileScope): readonly Role[];
}

interface Owned {
  readonly role: Role;
  readonly scope: FileScope;
  readonly exported: boolean;
}

/** Prepares the roles of every file. Their names are those of the whole policy, so each is there once. */
export function compileRoles(scopes: readonly FileScope[]): Roles {
  const named = new Map<string, Owned>();
  const inline = new Map<RuleFile, Role>();
  for (const scope of scopes) {
    for (const [name, file] of Object.entries(scope.file.roles ?? {})) {
      const report = scope.at("roles", name);
      if (!ROLE_NAME.form.test(name))
        report([], `${quote(name)} is no name for a role: one ${ROLE_NAME.words}`);
      const taken = named.get(name);
      if (taken) report([], `the role ${quote(name)} is in ${taken.scope.path} already`);
      const role = compileRole({ name, place: named.size }, file, scope, report);
      if (!taken) named.set(name, { role, scope, exported: file.export ?? false });
    }
  }
  const names = new Set(named.keys());
  for (const scope of scopes) {
    for (const [index, rule] of scope.file.rules.entries()) {
      const { grant } = rule;
      if (grant) inline.set(rule, inlineRole(rule.name, grant, index, scope, names));
    }
  }
  return {
    of(rule, scope) {
      const grant = inline.get(rule);
      return [...givenBy(rule, scope, named), ...(grant ? [grant] : [])];
    },
  };
}

function inlineRole(
  rule: string,
  grant: RoleFile,
  index: number,
  scope: FileScope,
  names: Set<string>,
): Role {
  const report = scope.at("rules", index);
  const name = rule.replace(/[^A-Za-z0-9_-]+/g, "-");
  if (!ROLE_NAME.form.test(name)) {
    report(
      ["name"],
      `makes ${quote(name)} of its grant, which is no name for a role: one ${ROLE_NAME.words}`,
    );
  }
  if (names.has(name))
    report(["grant"], `is the role ${quote(name)}, after its rule: that name is taken`);
  const place = names.size;
  names.add(name);
  return compileRole({ name, place }, grant, scope, scope.at("rules", index, "grant"));
}

function givenBy(rule: RuleFile, scope: FileScope, named: ReadonlyMap<string, Owned>): Role[] {
  const report = scope.at("rules", scope.file.rules.indexOf(rule), "roles");
  return (rule.roles ?? []).flatMap((name, index) => {
    const owned = named.get(name);
    // A private role of another file is as unknown here as one that does not exist.
    if (!owned && scope.unfit(["roles", name])) return [];
    if (!owned || (owned.scope !== scope && !owned.exported)) {
      const known = [...named].filter(([, one]) => one.scope === scope || one.exported);
      const names = known.map(([known_name]) => known_name);
      report([index], unknown("role", name, names));
      return [];
    }
    const { account } = owned.role;
    if (owned.scope !== scope && !scope.context.accounts.includes(account)) {
      report([index], `is in an account that the root file does not give this file`);
      return [];
    }
    return [owned.role];
  });
}
