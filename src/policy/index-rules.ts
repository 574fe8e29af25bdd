import type { Identity } from "../identity/index.ts";
import { Heads } from "./heads.ts";
import type { Rule } from "./policy.ts";
import type { RuleFile } from "./schema.ts";

/**
 * A criterion by which a rule can be found: it holds only for identities that have one of the values, or
 * a text that begins with one of them where they are heads.
 */
export interface RuleKey {
  /** The same for all rules that ask the same of an identity. */
  readonly id: string;
  readonly values: readonly unknown[];
  readonly heads?: true;
  of(identity: Identity): readonly unknown[];
}

/** Rules by what identities have. */
export interface RuleIndex {
  readonly lookups: readonly Lookup[];
  /** Those that can only be found by looking. */
  readonly rest: readonly Rule[];
}

interface Lookup {
  readonly id: string;
  readonly of: RuleKey["of"];
  readonly rules: { get(value: unknown): readonly Rule[] | undefined };
}

/** While it is made. */
interface Growing extends Lookup {
  add(value: unknown, rule: Rule): void;
}

/** The keys of a rule besides those of its claims. Of scopes each one is a key, as all have to be there. */
export function keysOf({ client, subject, scopes, any_scope }: RuleFile): readonly RuleKey[] {
  const listed = <T>(value: T | readonly T[]) => (Array.isArray(value) ? value : [value]);
  const scope = (values: readonly string[]): RuleKey => ({
    id: "scope",
    values,
    of: (identity) => identity.scopes,
  });
  return [
    ...(client === undefined
      ? []
      : [{ id: "client", values: listed(client), of: (one: Identity) => [one.client] }]),
    ...(subject === undefined
      ? []
      : [{ id: "subject", values: listed(subject), of: (one: Identity) => [one.subject] }]),
    ...(scopes ?? []).map((one) => scope([one])),
    ...(any_scope ? [scope(any_scope)] : []),
  ];
}

/** Puts each rule below that of its keys whose values it shares with the fewest others. */
export function indexRules(rules: readonly Rule[]): RuleIndex {
  const shared = new Map<string, Map<unknown, number>>();
  for (const { id, values } of rules.flatMap(({ keys }) => keys)) {
    const counts = entry(shared, id, () => new Map<unknown, number>());
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const crowd = ({ id, values }: RuleKey) =>
    values.reduce<number>((most, value) => Math.max(most, shared.get(id)?.get(value) ?? 0), 0);

  const lookups = new Map<string, Growing>();
  const rest: Rule[] = [];
  for (const rule of rules) {
    const [best] = rule.keys.map((key) => ({ key, n: crowd(key) })).sort((a, b) => a.n - b.n);
    if (!best) {
      rest.push(rule);
      continue;
    }
    const found = entry(lookups, best.key.id, () => growing(best.key));
    for (const value of new Set(best.key.values)) found.add(value, rule);
  }
  return { lookups: [...lookups.values()], rest };
}

function growing({ id, of, heads }: RuleKey): Growing {
  if (heads) {
    const rules = new Heads<Rule>();
    return { id, of, rules, add: (head, rule) => rules.add(String(head), rule) };
  }
  const rules = new Map<unknown, Rule[]>();
  const add = (value: unknown, rule: Rule) => void entry(rules, value, () => []).push(rule);
  return { id, of, rules, add };
}

/** Every rule that could match, in the order of the policy; what is not among them misses on its key. */
export function candidates({ lookups, rest }: RuleIndex, identity: Identity): readonly Rule[] {
  const found = new Set(rest);
  for (const { of, rules } of lookups) {
    for (const value of of(identity)) {
      for (const rule of rules.get(value) ?? []) found.add(rule);
    }
  }
  return found.size === rest.length ? rest : [...found].sort((a, b) => a.place - b.place);
}

/**
 * Every rule that could match whenever one with these keys does, each once: what it asks has to be among
 * what they name. Those that ask for nothing in particular stand last.
 */
export function* sharing({ lookups, rest }: RuleIndex, keys: readonly RuleKey[]): Generator<Rule> {
  const found = new Set<Rule>();
  for (const { id, rules } of lookups) {
    for (const value of keys.flatMap((key) => (key.id === id ? key.values : []))) {
      for (const rule of rules.get(value) ?? []) {
        if (!found.has(rule)) yield rule;
        found.add(rule);
      }
    }
  }
  yield* rest;
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}
