import { type Direction, overlaps, parseSubject, type Subject } from "../subject.ts";
import type { Fields } from "./carry.ts";
import type { ImportedRole } from "./group.ts";
import { quoted, word } from "./said.ts";

/** Subjects of one list in a case: enough to see what a role is for. */
const SHOWN_LIMIT = 20;

/** What nobody should reach by accident, and so is shown not to be reached. */
const ELSEWHERE: Readonly<Record<Direction, readonly string[]>> = {
  publish: ["$SYS.>", "$JS.API.>", "$KV.>", "_INBOX.>"],
  subscribe: ["$SYS.>", "$JS.API.>", "$KV.>", "_INBOX.somebody-else.>"],
};

/** The cases: what each role may do and what not, for the placeholder that stands for its holder. */
export function casesText(roles: readonly ImportedRole[], issuer: string): string {
  return `# yaml-language-server: $schema=./schema/policy-cases.schema.json
# What the users may do whose roles policy.yaml has, taken from their JWTs.
#   nats-sts policy test policy.cases.yaml
# Whoever you put into a rule of policy.yaml goes into the claims here, as the provider writes them.
policy: policy.yaml
issuers:
  ${word(issuer)}: { preset: generic } # how claims are read where no --config says it

cases:
${roles.map((role) => caseText(role, issuer)).join("\n")}
  - name: whoever is not named gets nothing
    issuer: ${word(issuer)}
    claims: { sub: somebody else }
    refused: no_rule_matched
`;
}

function caseText({ name, account, fields, placeholder }: ImportedRole, issuer: string): string {
  return [
    `  - name: ${quoted(`${name} may do what its users may`)}`,
    `    issuer: ${word(issuer)}`,
    `    claims: { sub: ${quoted(placeholder)} } # to do`,
    `    granted: { account: ${word(account)}, roles: [${word(name)}] }`,
    ...subjectLines("may", allowed(fields)),
    ...subjectLines("may_not", refused(fields)),
    "",
  ].join("\n");
}

type Lists = Readonly<Record<Direction, readonly string[]>>;

function subjectLines(key: string, lists: Lists): string[] {
  const lines = (["publish", "subscribe"] as const).flatMap((direction) => {
    const shown = lists[direction].slice(0, SHOWN_LIMIT);
    return shown.length === 0
      ? []
      : [`      ${direction}:`, ...shown.map((text) => `        - ${quoted(text)}`)];
  });
  return lines.length === 0 ? [] : [`    ${key}:`, ...lines];
}

/** Each subject as it is, or a sample where something of it is denied. */
function allowed(fields: Fields): Lists {
  const within = (direction: Direction) => {
    const denies = subjectsOf(fields[`deny_${direction}`], direction);
    return subjectsOf(fields[direction], direction).flatMap((subject) => {
      const free = (one: Subject) => !denies.some((deny) => overlaps(deny, one));
      if (free(subject)) return [subject.text];
      const example = sample(subject);
      return free(example) ? [example.text] : [];
    });
  };
  return { publish: within("publish"), subscribe: within("subscribe") };
}

/** One subject that a pattern names. */
function sample({ tokens, queue }: Subject): Subject {
  const filled = tokens.map((token) => (token === "*" || token === ">" ? "example" : token));
  const text = filled.join(".");
  return queue
    ? { text: `${text} ${queue.join(".")}`, tokens: filled, queue }
    : { text, tokens: filled };
}

function refused(fields: Fields): Lists {
  const outside = (direction: Direction) => {
    const granted = subjectsOf(fields[direction], direction);
    return ELSEWHERE[direction].filter(
      (text) => !granted.some((one) => overlaps(one, { text, tokens: text.split(".") })),
    );
  };
  const responds = fields.respond === true;
  const publish = [...fields.deny_publish, ...outside("publish")];
  const inboxes = fields.inbox === "shared" || fields.inbox?.startsWith("_INBOX.somebody-else");
  const subscribe = [...fields.deny_subscribe, ...outside("subscribe")];
  return {
    // Who answers to any subject may publish anywhere, once somebody asks.
    publish:
      typeof fields.respond === "object"
        ? []
        : publish.filter((text) => !responds || text !== "_INBOX.>"),
    subscribe: subscribe.filter((text) => !inboxes || !text.startsWith("_INBOX.")),
  };
}

const subjectsOf = (texts: readonly string[], direction: Direction): readonly Subject[] =>
  texts.flatMap((text) => {
    const subject = parseSubject(text, direction);
    return "fault" in subject ? [] : [subject];
  });
