import type { Identity } from "../identity/index.ts";
import type { Trace } from "./decision.ts";
import type { IssuerRules, Policy, Rule } from "./policy.ts";

/**
 * Rules that one trace lists. A trace goes into the journal with every decision, so that it must not
 * grow with the policy.
 */
export const TRACE_LIMIT = 64;

type Line = Trace[number];

/**
 * The trace of a policy with more rules than one lists. Those that matched stand first in line, then
 * those that were looked at, and for a refusal as many others of the issuer as there is place for.
 * The last line counts the rest.
 *
 * @param missed what each rule that was looked at missed on
 * @param look looks at a rule that was not
 */
export function shortTrace(
  policy: Policy,
  own: IssuerRules,
  missed: ReadonlyMap<Rule, string | undefined>,
  look: (rule: Rule) => string | undefined,
): Trace {
  const looked = [...missed.keys()];
  const matched = looked.filter((rule) => missed.get(rule) === undefined);
  const listed = new Map<Rule, string | undefined>();
  const list = (rules: Iterable<Rule>, why: (rule: Rule) => string | undefined) => {
    for (const rule of rules) {
      if (listed.size >= TRACE_LIMIT) return;
      if (!listed.has(rule)) listed.set(rule, why(rule));
    }
  };
  list(matched, () => undefined);
  list(looked, (rule) => missed.get(rule));
  if (matched.length === 0) list(own.rules, look);
  const lines = [...listed].sort(([a], [b]) => a.place - b.place).map(lineOf);
  const rest = policy.rules_count - listed.size;
  return rest > 0 ? [...lines, { rule: "", missed: "not listed", rules: rest }] : lines;
}

/** The line of a rule, and what it missed on. */
export const lineOf = ([{ name }, missed]: readonly [Rule, string | undefined]): Line =>
  missed === undefined ? { rule: name } : { rule: name, missed };

/** Every rule of the policy, however many there are: for whoever explains it, not for the journal. */
export function wholeTrace(
  policy: Policy,
  identity: Identity,
  look: (rule: Rule) => string | undefined,
): Trace {
  const rules = [...policy.issuers.values()].flatMap((own) => own.rules);
  return rules
    .sort((a, b) => a.place - b.place)
    .map((rule) => lineOf([rule, rule.issuer === identity.issuer ? look(rule) : "issuer"]));
}
