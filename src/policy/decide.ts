import type { Identity } from "../identity/index.ts";
import { type Chosen, choose, type Refusal } from "./choose.ts";
import { combine } from "./combine.ts";
import type { Decision, Narrowing } from "./decision.ts";
import { evaluate } from "./evaluate.ts";
import { LEFT_MIN_S, wellFormed } from "./narrow.ts";
import { permit } from "./permit.ts";
import type { Policy } from "./policy.ts";
import { tagText } from "./tag.ts";

/**
 * Decides what an identity gets: the roles of every rule that matches add up in one account, and the
 * request narrows the sum. Pure and total: it never throws and never waits.
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
  const tags = tagsOf(roles, identity, inbox_prefix);
  const grant = {
    account,
    roles: names,
    ...permissions,
    ...rest,
    ...(tags.length > 0 && { tags }),
    inbox_prefix,
    expires_at,
  };
  return { allow: true, grant, trace };
}

/** A scoped key has no other way to know the inbox: `_INBOX.{{tag(inbox)}}.>`. */
function tagsOf(roles: Chosen, identity: Identity, inbox_prefix: string): readonly string[] {
  const own = roles.flatMap(({ tags }) => tags.flatMap((tag) => tagText(tag, identity) ?? []));
  const inbox = /^_INBOX\.([0-9a-f]{32})$/.exec(inbox_prefix)?.[1];
  const scoped = roles[0].scoped_key !== undefined && inbox !== undefined;
  return [...new Set([...own, ...(scoped ? [`inbox:${inbox}`] : [])])].sort();
}

/** No credential outlives an access token; an identity token only says who came, at one time. */
function expiry({ token_kind, token_expires_at }: Identity, latest: number): number {
  return token_kind === "identity" ? latest : Math.min(latest, Math.floor(token_expires_at));
}
