import { implies } from "../lint/implies.ts";
import type { OpenPolicy, WrittenRule } from "../written.ts";

/** What a rule gives administrators, and no rule of before gave to all who fit it. */
export interface AdminGain {
  readonly rule: string;
  readonly account: string;
  readonly can: string;
}

/** What a change of the files gives to administrators, also to those whom no case is about. */
export function adminGains(old: OpenPolicy, now: OpenPolicy): readonly AdminGain[] {
  const before = old.written.rules.filter(({ rule }) => rule.admin);
  return now.written.rules.flatMap((one) => {
    const wider = before.filter(({ rule }) => implies(one.rule, rule));
    const had = new Set(wider.flatMap((each) => given(each, old)).map(keyOf));
    return given(one, now).filter((gain) => !had.has(keyOf(gain)));
  });
}

const keyOf = ({ account, can }: AdminGain) => JSON.stringify([account, can]);

function given({ name, rule }: WrittenRule, { policy }: OpenPolicy): AdminGain[] {
  return (rule.admin ?? []).flatMap((role) => {
    const { accounts, can } = policy.admin_roles.get(role) ?? { accounts: [], can: [] };
    return accounts.flatMap((account) => can.map((one) => ({ rule: name, account, can: one })));
  });
}
