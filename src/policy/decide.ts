import type { Identity } from "../identity/index.ts";
import { choose, type Refusal } from "./choose.ts";
import { combine } from "./combine.ts";
import type { Decision, Narrowing, Trace } from "./decision.ts";
import { LEFT_MIN_S, wellFormed } from "./narrow.ts";
import { permit } from "./permit.ts";
import type { Policy, Role, Rule } from "./policy.ts";
import { slotValue } from "./slot.ts";

/** What the matching rules give, before anything is asked. */
interface Held {
  readonly trace: Trace;
  /** In the order of the policy, each once. */
  readonly roles: readonly Role[];
  /** What fills the slots of these roles, by the text of the slot. */
  readonly values: ReadonlyMap<string, string>;
}

/**
 * Decides what an identity gets: every rule is looked at, the roles of those that match add up in
 * one account, and the request narrows the sum. Pure and total: it never throws and never waits.
 *
 * @param now_s Unix seconds
 */
export function decide(
  policy: Policy,
  identity: Identity,
  request: Narrowing,
  now_s: number,
): Decision {
  const { trace, roles: held, values } = evaluate(policy, identity);
  const refused = (refusal: Refusal): Decision => ({ allow: false, ...refusal, trace });
  if (!wellFormed(request)) return refused({ code: "request_invalid", detail: {} });

  const roles = choose(held, request);
  if ("code" in roles) return refused(roles);
  const names = roles.map(({ name }) => name);

  const own = `_INBOX.${identity.digest.slice(0, 32)}`;
  const conditions = combine(roles, own);
  if ("conflict" in conditions) {
    return refused({
      code: "roles_conflict",
      detail: { field: conditions.conflict, roles: names },
    });
  }
  const { inbox_prefix, ttl_s, ...rest } = conditions;
  const permissions = permit(roles, values, { own, told: inbox_prefix }, request);
  if ("code" in permissions) return refused(permissions);

  const longest_s = Math.min(request.ttl_s ?? policy.max_ttl_s, ttl_s, policy.max_ttl_s);
  const expires_at = expiry(identity, Math.floor(now_s) + longest_s);
  // Written so that a time that is no number refuses too.
  if (!(expires_at - now_s >= LEFT_MIN_S)) return refused({ code: "token_expired", detail: {} });

  const account = roles[0].account;
  const grant = { account, roles: names, ...permissions, ...rest, inbox_prefix, expires_at };
  return { allow: true, grant, trace };
}

function evaluate(policy: Policy, identity: Identity): Held {
  const own = policy.issuers.get(identity.issuer);
  const values = new Map<string, string>();
  if (!own) return { trace: policy.strangers, roles: [], values };
  const trace = [...own.trace];
  const held = new Set<Role>();
  for (const rule of own.rules) {
    const missed = missedOn(rule, identity, values);
    if (missed !== undefined) trace[rule.place] = { rule: rule.name, missed };
    else for (const role of rule.roles) held.add(role);
  }
  return { trace, roles: [...held].sort((a, b) => a.place - b.place), values };
}

/** The first criterion that does not hold. Slots come last, and what fills them goes into `values`. */
function missedOn(rule: Rule, identity: Identity, values: Map<string, string>): string | undefined {
  for (const check of rule.checks) {
    const missed = check(identity);
    if (missed !== undefined) return missed;
  }
  for (const slot of rule.slots) {
    const value = values.get(slot.text) ?? slotValue(slot, identity.claims);
    if (value === undefined) return `claims.${slot.claim.name} cannot fill a subject`;
    values.set(slot.text, value);
  }
  return undefined;
}

/** No credential outlives an access token; an identity token only says who came, at one time. */
function expiry({ token_kind, token_expires_at }: Identity, latest: number): number {
  return token_kind === "identity" ? latest : Math.min(latest, Math.floor(token_expires_at));
}
