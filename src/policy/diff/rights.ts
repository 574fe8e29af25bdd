import type { Grant } from "../decision.ts";
import type { Policy, Role, Rule } from "../policy.ts";
import type { Template } from "../slot.ts";
import type { Subject } from "../subject.ts";
import type { Tag } from "../tag.ts";

/** One thing that somebody may do, and on which conditions. */
export interface Right {
  readonly account: string;
  /** `answer`: publish to whatever subject a request names. */
  readonly verb: "publish" | "answer" | "subscribe" | "sign by" | "administer";
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
  /** What a scoped key makes subjects of, and by what others may know a connection. Absent is none. */
  readonly tags?: readonly string[];
  /** How often and how long, where the verb is `answer`. */
  readonly responses?: Grant["responses"];
}

/** What becomes of a subject and of a tag whose slots are to be filled. */
export interface Filling {
  subjects(template: Template): readonly Subject[];
  tag(tag: Tag): string;
}

/**
 * What rules give, role by role: a caller may pick any of its roles, so what it can have is what each
 * of them permits by itself.
 */
export function rightsOf(rules: readonly Rule[], policy: Policy, filling: Filling): Right[] {
  const roles = new Set(rules.flatMap((rule) => rule.roles));
  const admins = new Set(rules.flatMap(({ admin }) => admin));
  return [
    ...[...roles].flatMap((role) => rightsOfRole(role, policy.max_ttl_s, filling)),
    ...[...admins].flatMap((name) => adminRights(policy, name)),
  ];
}

function rightsOfRole(role: Role, max_ttl_s: number, filling: Filling): Right[] {
  const { account, inbox, scoped_key, responses } = role;
  const conditions = conditionsOf(role, max_ttl_s, filling);
  const right = (verb: Right["verb"], subject: Subject, denies: readonly Subject[] = []) => ({
    account,
    verb,
    subject,
    denies,
    conditions,
  });
  if (scoped_key !== undefined) return [right("sign by", literal(scoped_key))];
  const both = (["publish", "subscribe"] as const).flatMap((verb) => {
    const denies = role[`deny_${verb}`].flatMap((one) => filling.subjects(one));
    const subjects = role[verb].flatMap((one) => filling.subjects(one));
    return subjects.map((subject) => right(verb, subject, denies));
  });
  // The private inbox is everybody's own; another one is shared with others.
  const inboxes = inbox === "private" ? [] : [inbox === "shared" ? "_INBOX.>" : `${inbox}.>`];
  const answers = right("answer", literal(">"));
  return [
    ...both,
    ...inboxes.map((text) => right("subscribe", literal(text))),
    ...(responses ? [{ ...answers, conditions: { ...conditions, responses } }] : []),
  ];
}

function conditionsOf(role: Role, max_ttl_s: number, filling: Filling): Conditions {
  const { connection_types, source_networks, times, limits, tags } = role;
  return {
    ttl_s: Math.min(role.ttl_s, max_ttl_s),
    connection_types,
    ...(source_networks && { source_networks }),
    ...(times && { times }),
    limits,
    tags: tags.map((tag) => filling.tag(tag)),
  };
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

/** Slots stand for themselves: what fills them is not known, but is the same in both. */
export const opaque: Filling = {
  subjects({ subject, slots }) {
    let next = 0;
    const tokens = subject.tokens.map((t) => (t === "{}" ? (slots[next++]?.text ?? t) : t));
    const queue = subject.queue ? ` ${subject.queue.join(".")}` : "";
    return [{ ...subject, tokens, text: `${tokens.join(".")}${queue}` }];
  },
  tag: ({ key, value }) => `${key}:${typeof value === "string" ? value : value.text}`,
};
