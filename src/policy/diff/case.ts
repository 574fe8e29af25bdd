import type { Identity } from "../../identity/index.ts";
import { decide } from "../decide.ts";
import { evaluate } from "../evaluate.ts";
import type { Policy } from "../policy.ts";
import { fill } from "../slot.ts";
import { tagText } from "../tag.ts";
import { type Changes, compareRights } from "./compare.ts";
import { rightsOf } from "./rights.ts";

/** What a change of the policy means for one identity. */
export interface IdentityDiff extends Changes {
  /** `granted`, or the code with which a request for everything is refused. */
  readonly before: string;
  readonly after: string;
  /** What it holds of the new policy, each as `rule x`, `role x` or `admin role x`. */
  readonly reached: readonly string[];
}

/** Compares what two policies give to an identity, through their own evaluation. */
export function diffIdentity(
  old: Policy,
  now: Policy,
  identity: Identity,
  now_s: number,
): IdentityDiff {
  const outcome = (policy: Policy) => {
    const decision = decide(policy, identity, {}, now_s);
    return decision.allow ? "granted" : decision.code;
  };
  const rights = (policy: Policy) => {
    const { rules, values } = evaluate(policy, identity);
    return rightsOf(rules, policy, {
      subjects: (template) => fill(template, values),
      tag: (tag) => tagText(tag, identity) ?? "", // a rule with a tag that nothing fills has missed
    });
  };
  const held = evaluate(now, identity);
  return {
    before: outcome(old),
    after: outcome(now),
    reached: [
      ...held.rules.map(({ name }) => `rule ${name}`),
      ...held.roles.map(({ name }) => `role ${name}`),
      ...held.rules.flatMap(({ admin }) => admin.map((name) => `admin role ${name}`)),
    ],
    ...compareRights(rights(old), rights(now)),
  };
}
