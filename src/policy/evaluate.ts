import type { Identity } from "../identity/index.ts";
import { claimPath } from "./claims.ts";
import { idOf } from "./compile-claims.ts";
import type { Trace } from "./decision.ts";
import { candidates } from "./index-rules.ts";
import type { AdminRole, Policy, Role, Rule } from "./policy.ts";
import { nameOf, slotValues, type Values } from "./slot.ts";
import { tagText } from "./tag.ts";
import { lineOf, shortTrace, TRACE_LIMIT, wholeTrace } from "./trace.ts";

/** What the matching rules give, before anything is asked. */
export interface Held {
  readonly trace: Trace;
  /** In the order of the policy. */
  readonly rules: readonly Rule[];
  /** In the order of the policy, each once. */
  readonly roles: readonly Role[];
  /** What fills the slots of these roles. */
  readonly values: Values;
}

/** Looks at every rule that could match, and finds those that do. */
export function evaluate(policy: Policy, identity: Identity): Held {
  const own = policy.issuers.get(identity.issuer);
  const values = new Map<string, readonly string[]>();
  if (!own) return { trace: policy.strangers, rules: [], roles: [], values };
  const look = looking(identity, values);
  // Of a small policy every rule is told what it missed on; of a large one the index excludes most.
  const small = policy.rules_count <= TRACE_LIMIT;
  const missed = new Map<Rule, string | undefined>();
  for (const rule of small ? own.rules : candidates(own.index, identity))
    missed.set(rule, look(rule));
  const rules = [...missed.keys()].filter((rule) => missed.get(rule) === undefined);
  const roles = [...new Set(rules.flatMap((rule) => rule.roles))];
  return {
    trace: small ? filledIn(own.trace, missed) : shortTrace(policy, own, missed, look),
    rules,
    roles: roles.sort((a, b) => a.place - b.place),
    values,
  };
}

function filledIn(all: Trace, missed: ReadonlyMap<Rule, string | undefined>): Trace {
  const trace = [...all];
  for (const [rule, why] of missed) if (why !== undefined) trace[rule.place] = lineOf([rule, why]);
  return trace;
}

/** What every rule of the policy missed on, also where a decision only counts them. */
export function traceOf(policy: Policy, identity: Identity): Trace {
  return wholeTrace(policy, identity, looking(identity, new Map()));
}

/** The names of all roles that an identity holds, by account, in the order of the policy. */
export function rolesOf(
  policy: Policy,
  identity: Identity,
): Readonly<Record<string, readonly string[]>> {
  const { roles } = evaluate(policy, identity);
  const accounts = [...new Set(roles.map(({ account }) => account))];
  const namesIn = (account: string) =>
    roles.flatMap((role) => (role.account === account ? role.name : []));
  return Object.fromEntries(accounts.map((account) => [account, namesIn(account)]));
}

/** The admin roles that an identity holds, each once. They permit nothing on NATS. */
export function adminOf(policy: Policy, identity: Identity): readonly AdminRole[] {
  const names = new Set(evaluate(policy, identity).rules.flatMap(({ admin }) => admin));
  return [...names].flatMap((name) => policy.admin_roles.get(name) ?? []);
}

/** Makes the function that finds the first criterion of a rule that does not hold. */
function looking(identity: Identity, values: Map<string, readonly string[]>) {
  const guarded = (identity.guarded ?? []).map((name) => {
    const path = claimPath(name);
    return { name, id: path ? idOf(path) : "" };
  });
  return (rule: Rule): string | undefined => {
    for (const check of rule.checks) {
      const missed = check(identity);
      if (missed !== undefined) return missed;
    }
    const unnamed = guarded.find(({ id }) => !rule.names.has(id));
    if (unnamed)
      return `claims.${unnamed.name} is unusual in this token, and the rule names no value`;
    return unfilled(rule, identity, values);
  };
}

/** Slots come last, and what fills them goes into `values`. */
function unfilled(
  { slots, tags }: Rule,
  identity: Identity,
  values: Map<string, readonly string[]>,
): string | undefined {
  for (const slot of slots) {
    const filled = values.get(slot.text) ?? slotValues(slot, identity);
    if (filled === undefined) return `${nameOf(slot)} cannot fill a subject`;
    values.set(slot.text, filled);
  }
  const tag = tags.find((one) => tagText(one, identity) === undefined);
  return tag && typeof tag.value !== "string"
    ? `${nameOf(tag.value)} cannot fill a tag`
    : undefined;
}
