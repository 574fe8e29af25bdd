import type { Grant } from "../decision.ts";
import type { Policy, Role, Rule } from "../policy.ts";
import type { Template } from "../slot.ts";
import type { Subject } from "../subject.ts";

/** One thing that somebody may do, and on which conditions. */
export interface Right {
  readonly account: string;
  readonly verb: "publish" | "subscribe" | "sign by" | "administer";
  readonly subject: Subject;
  readonly denies: readonly Subject[];
  readonly conditions: Conditions;
}

/** On what a right depends besides who has it. Absent is without condition. */
export interface Conditions {
  readonly ttl_s: number;
  readonly connection_types: readonly string[];
  readonly source_networks?: Role["source_networks"];
  readonly times?: Role["times"];
  readonly limits: Grant["limits"];
}

/**
 * What rules give, role by role: a caller may pick any of its roles, so what it can have is what each
 * of them permits by itself.
 *
 * @param subjectsOf what a subject with slots becomes
 */
export function rightsOf(
  rules: readonly Rule[],
  policy: Policy,
  subjectsOf: (template: Template) => readonly Subject[],
): Right[] {
  const roles = new Set(rules.flatMap((rule) => rule.roles));
  const admins = new Set(rules.flatMap(({ admin }) => admin));
  return [
    ...[...roles].flatMap((role) => rightsOfRole(role, policy.max_ttl_s, subjectsOf)),
    ...[...admins].flatMap((name) => adminRights(policy, name)),
  ];
}

function rightsOfRole(
  role: Role,
  max_ttl_s: number,
  subjectsOf: (template: Template) => readonly Subject[],
): Right[] {
  const { account, connection_types, source_networks, times, limits, inbox, scoped_key } = role;
  const conditions: Conditions = {
    ttl_s: Math.min(role.ttl_s, max_ttl_s),
    connection_types,
    ...(source_networks && { source_networks }),
    ...(times && { times }),
    limits,
  };
  const right = (verb: Right["verb"], subject: Subject, denies: readonly Subject[] = []) => ({
    account,
    verb,
    subject,
    denies,
    conditions,
  });
  if (scoped_key !== undefined) return [right("sign by", literal(scoped_key))];
  const both = (["publish", "subscribe"] as const).flatMap((verb) => {
    const denies = role[`deny_${verb}`].flatMap(subjectsOf);
    return role[verb].flatMap(subjectsOf).map((subject) => right(verb, subject, denies));
  });
  // The private inbox is everybody's own; another one is shared with others.
  const inboxes = inbox === "private" ? [] : [inbox === "shared" ? "_INBOX.>" : `${inbox}.>`];
  return [
    ...both,
    ...inboxes.map((text) => right("subscribe", literal(text))),
    // Answers go wherever a request says.
    ...(role.responses ? [right("publish", literal(">"))] : []),
  ];
}

function adminRights(policy: Policy, name: string): Right[] {
  const role = policy.admin_roles.get(name);
  const conditions = { ttl_s: 0, connection_types: [], limits: {} };
  return (role?.accounts ?? []).flatMap((account) =>
    (role?.can ?? []).map((what): Right => {
      return { account, verb: "administer", subject: literal(what), denies: [], conditions };
    }),
  );
}

const literal = (text: string): Subject => ({ text, tokens: text.split(".") });

/** A subject whose slots stand for themselves: what fills them is not known, but is the same in both. */
export function opaque({ subject, slots }: Template): readonly Subject[] {
  let next = 0;
  const tokens = subject.tokens.map((t) => (t === "{}" ? (slots[next++]?.text ?? t) : t));
  const queue = subject.queue ? ` ${subject.queue.join(".")}` : "";
  return [{ ...subject, tokens, text: `${tokens.join(".")}${queue}` }];
}
