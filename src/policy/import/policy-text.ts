import type { Fields } from "./carry.ts";
import { canBeTag, type ImportedRole } from "./group.ts";
import type { OldUser } from "./old.ts";
import { comment, named, quoted, word } from "./said.ts";

/** Somebody or something that the policy has nothing of, and why. */
export interface LeftOut {
  readonly name: string;
  readonly why: string;
}

/** Users that are named in one comment; the others are counted. */
const NAMED_LIMIT = 100;
const LINE_LIMIT_CHARS = 92;

const HEADER = `# Made by nats-sts policy import from users that were there already. Nobody gets anything yet:
# 1. Put into each rule who it is, in place of the subject that begins with "to do": a client, a
#    subject, a scope or a claim of your identity provider. The same goes into policy.cases.yaml.
# 2. Look at every role that says WIDE or narrower. nats-sts policy lint names what is too wide.
# 3. nats-sts policy test policy.cases.yaml shows what each role may do, before it ships.
#
# What is different for all of them: a credential ends within minutes and is for one identity, which
# also has a private inbox of its own; a client connects as STANDARD or WEBSOCKET unless a role names
# connection_types (a leaf node, MQTT); a subscription that ends in * hears one token and no more.
`;

/** The policy file: a role for each group of users, and a rule for each role that waits for its who. */
export function policyText(
  roles: readonly ImportedRole[],
  left_out: readonly LeftOut[],
  issuer: string,
): string {
  return `# yaml-language-server: $schema=./schema/policy.schema.json
${HEADER}version: 1

roles:
${roles.map(roleText).join("\n")}
rules:
${roles.map((role) => ruleText(role, issuer)).join("\n")}${leftOutText(left_out)}`;
}

function roleText({ name, account, fields, tags, users, notes }: ImportedRole): string {
  return [
    `  ${word(name)}:`,
    ...comment(`Was: ${whoWas(users)}`, "    "),
    ...wide(fields, users).flatMap((text) => comment(text, "    ")),
    ...notes.flatMap((note) => comment(note, "    ")),
    ...tagsLeft(users, tags).flatMap((text) => comment(text, "    ")),
    `    account: ${word(account)}`,
    ...fieldLines(fields, tags),
    "",
  ].join("\n");
}

function whoWas(users: readonly OldUser[]): string {
  const names = users.slice(0, NAMED_LIMIT).map(({ name }) => named(name));
  const more = users.length > NAMED_LIMIT ? ` and ${users.length - NAMED_LIMIT} more` : "";
  return `${names.join(", ")}${more}`;
}

/** What an empty list meant is said where it stands, because nobody sees it in the JWT. */
function wide({ publish, subscribe }: Fields, users: readonly OldUser[]): string[] {
  const directions = [
    ...(publish.includes(">") ? ["publish to"] : []),
    ...(subscribe.includes(">") ? ["subscribe to"] : []),
  ];
  if (directions.length === 0) return [];
  const unsaid = users.some(
    ({ rights: { pub, sub } }) =>
      (publish.includes(">") && !pub?.allow?.length) ||
      (subscribe.includes(">") && !sub?.allow?.length),
  );
  const why = unsaid ? ": an empty list of what is allowed allows everything in NATS" : "";
  return [
    `WIDE: may ${directions.join(" and ")} everything in the account, the inboxes of others, $JS.API and $SYS included${why}. Name the subjects that it needs.`,
  ];
}

function tagsLeft(users: readonly OldUser[], tags: readonly string[]): string[] {
  const left = users.flatMap(({ name, tags: own }) => {
    const lost = own.filter((tag) => !tags.includes(tag));
    return lost.length > 0 ? [`${named(name)} had ${lost.map(named).join(", ")}`] : [];
  });
  if (left.length === 0) return [];
  const possible = users.some((user) =>
    user.tags.some((tag) => !tags.includes(tag) && canBeTag(tag)),
  );
  const why = possible ? "not those of all of them" : "of no form that a policy has";
  return [`Tags left out, ${why}: ${left.slice(0, NAMED_LIMIT).join("; ")}`];
}

function fieldLines(fields: Fields, tags: readonly string[]): string[] {
  const { publish, subscribe, deny_publish, deny_subscribe, respond, times, limits } = fields;
  return [
    ...list("publish", publish),
    ...list("subscribe", subscribe),
    ...list("deny_publish", deny_publish),
    ...list("deny_subscribe", deny_subscribe),
    ...(respond === true ? ["    respond: true"] : []),
    ...(typeof respond === "object"
      ? [`    respond: { any_subject: true, max: ${respond.max}, ttl: ${respond.ttl} }`]
      : []),
    ...(fields.allow_reserved ? ["    allow_reserved: true"] : []),
    ...inboxLines(fields.inbox),
    ...(fields.connection_types
      ? [`    connection_types: [${fields.connection_types.join(", ")}]`]
      : []),
    ...list("source_networks", fields.source_networks ?? []),
    ...(times ? ["    times:", `      location: ${quoted(times.location)}`, "      ranges:"] : []),
    ...(times?.ranges ?? []).map(
      ({ start, end }) => `        - { start: ${quoted(start)}, end: ${quoted(end)} }`,
    ),
    ...(limits
      ? [
          `    limits: { ${Object.entries(limits)
            .map((pair) => pair.join(": "))
            .join(", ")} }`,
        ]
      : []),
    ...list("tags", tags),
  ];
}

function inboxLines(inbox: string | undefined): string[] {
  if (inbox === undefined) return [];
  const shared = comment(
    "Reads the replies to all others, as before: leave inbox out once its clients set the inbox_prefix of their creds file.",
    "    ",
  );
  return [...(inbox === "shared" ? shared : []), `    inbox: ${inbox}`];
}

function list(key: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const line = `    ${key}: [${items.map(quoted).join(", ")}]`;
  return line.length <= LINE_LIMIT_CHARS
    ? [line]
    : [`    ${key}:`, ...items.map((item) => `      - ${quoted(item)}`)];
}

const ruleText = ({ name, placeholder }: ImportedRole, issuer: string): string =>
  `  - name: holders of ${name}
    issuer: ${word(issuer)}
    subject: ${quoted(placeholder)} # to do
    roles: [${word(name)}]
`;

function leftOutText(left_out: readonly LeftOut[]): string {
  if (left_out.length === 0) return "";
  const lines = left_out.flatMap(({ name, why }) => comment(`- ${named(name)}: ${why}`));
  return `\n# Left out, and why:\n${lines.join("\n")}\n`;
}
