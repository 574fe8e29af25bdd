import type { Identity } from "../../identity/index.ts";
import { decide } from "../decide.ts";
import type { Decision, Narrowing } from "../decision.ts";
import { traceOf } from "../evaluate.ts";
import type { OpenPolicy } from "../written.ts";
import { type Miss, missOf } from "./miss.ts";

/** What one rule made of an identity. */
export interface RuleExplained {
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly issuer: string;
  /** The names of the roles that it gives. */
  readonly roles: readonly string[];
  /** Absent where it matched: the first criterion that did not hold. */
  readonly missed?: Miss;
}

/** A decision with what an operator wants to know about it. */
export interface Explanation {
  readonly decision: Decision;
  readonly rules: readonly RuleExplained[];
}

/**
 * Decides as the service does, and says of each rule what it wanted and what the identity has. It
 * shows the values of claims: it is for those who hold the claims anyway.
 *
 * @param now_s Unix seconds
 */
export function explain(
  { policy, written }: OpenPolicy,
  identity: Identity,
  request: Narrowing,
  now_s: number,
): Explanation {
  // A decision lists only some rules of a large policy.
  const decision = {
    ...decide(policy, identity, request, now_s),
    trace: traceOf(policy, identity),
  };
  const compiled = [...policy.issuers.values()].flatMap(({ rules }) => rules);
  const rules = decision.trace.flatMap(({ rule: name, missed }) => {
    const found = written.rules.find((each) => each.name === name);
    if (!found) return [];
    const { file, line } = found.at([], "");
    const roles = compiled.find((each) => each.name === name)?.roles ?? [];
    return {
      rule: name,
      file,
      line,
      issuer: found.rule.issuer,
      roles: roles.map((role) => role.name),
      ...(missed !== undefined && { missed: missOf(missed, found.rule, identity) }),
    };
  });
  return { decision, rules };
}
