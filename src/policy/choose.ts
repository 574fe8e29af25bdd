import type { ErrorCode } from "../errors.ts";
import type { Narrowing } from "./decision.ts";
import type { Role } from "./policy.ts";

/** A step that found a reason to refuse. Details name roles, fields and positions, never values. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** At least one role, all in one account. */
export type Chosen = readonly [Role, ...Role[]];

/**
 * The roles that the request picks from those that are held. An account or role that does not exist
 * is refused just like one that is not held, so that nobody learns names by asking.
 */
export function choose(held: readonly Role[], request: Narrowing): Chosen | Refusal {
  if (held.length === 0) return { code: "no_rule_matched", detail: {} };
  const { account, roles: wanted } = request;
  const inAccount = account === undefined ? held : held.filter((role) => role.account === account);
  if (inAccount.length === 0) return { code: "account_not_granted", detail: {} };

  const names = new Set(inAccount.map(({ name }) => name));
  for (const [index, name] of wanted?.entries() ?? []) {
    if (!names.has(name)) return { code: "role_not_granted", detail: { index } };
  }
  const [first, ...rest] = wanted
    ? inAccount.filter(({ name }) => wanted.includes(name))
    : inAccount;
  // An empty list of roles asks for nothing, which is never all of them.
  if (!first) return { code: "role_not_granted", detail: {} };

  const accounts = new Set([first, ...rest].map((role) => role.account));
  if (accounts.size > 1) return { code: "account_required", detail: { accounts: [...accounts] } };
  return [first, ...rest];
}
