import type { OpenPolicy } from "../written.ts";
import type { CaseResult } from "./run.ts";

/** Which rules and roles of a policy some case reaches. */
export interface Coverage {
  readonly rules: { readonly reached: number; readonly all: number };
  readonly roles: { readonly reached: number; readonly all: number };
  /** Names, in the order of the policy. */
  readonly unreached_rules: readonly string[];
  readonly unreached_roles: readonly string[];
  /** Whole percent of rules and roles together, rounded down: 100 is all of them. */
  readonly percent: number;
}

/**
 * A rule is reached by a case in which it matches, and a role by a case that is granted it. Rules
 * that only a failed case reaches count too: what failed is told elsewhere.
 */
export function coverage({ written }: OpenPolicy, results: readonly CaseResult[]): Coverage {
  const matched = new Set<string>();
  const granted = new Set<string>();
  for (const { decision } of results) {
    for (const { rule, missed } of decision?.trace ?? [])
      if (missed === undefined) matched.add(rule);
    if (decision?.allow) for (const role of decision.grant.roles) granted.add(role);
  }
  const rules = written.rules.map(({ name }) => name);
  const roles = written.roles.map(({ name }) => name);
  const unreached_rules = rules.filter((name) => !matched.has(name));
  const unreached_roles = roles.filter((name) => !granted.has(name));
  const all = rules.length + roles.length;
  const missing = unreached_rules.length + unreached_roles.length;
  return {
    rules: { reached: rules.length - unreached_rules.length, all: rules.length },
    roles: { reached: roles.length - unreached_roles.length, all: roles.length },
    unreached_rules,
    unreached_roles,
    percent: all === 0 ? 100 : Math.floor((100 * (all - missing)) / all),
  };
}
