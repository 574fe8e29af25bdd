import type { LintedRole, LintedRule, Pattern } from "./linted.ts";
import { eachPattern, startsAt } from "./patterns.ts";
import { type LintRule, quote } from "./rule.ts";

/** Subjects that permit more than they seem to. */
export const SUBJECTS: readonly LintRule[] = [
  {
    id: "wildcard-first",
    summary: "A subject that begins with a wildcard",
    avoid: `roles:
  auditor: { account: ORDERS, subscribe: ["*.audit"], allow_reserved: true }
rules:
  - { name: auditors, issuer: corp, client: auditor, roles: [auditor] }`,
    prefer: `roles:
  auditor: { account: ORDERS, subscribe: [orders.audit, bills.audit] }
rules:
  - { name: auditors, issuer: corp, client: auditor, roles: [auditor] }`,
    rationale:
      "A first token of `*` or `>` also names what begins with `$` or `_`: inboxes with everybody's replies, the JetStream API, key-value buckets. And it takes in every subject that somebody invents later. Name the first token.",
    check: ({ roles }) =>
      eachPattern(roles, ({ subject: { tokens }, text, direction, at }) =>
        tokens[0] === "*" || tokens[0] === ">"
          ? [
              at(
                `${quote(text)} lets its holder ${direction} also where a subject begins with $ or _, such as the inboxes of others: name the first token`,
              ),
            ]
          : [],
      ),
  },
  {
    id: "name-wildcard",
    summary: "A wildcard where the name of a bucket, stream or consumer should stand",
    avoid: `roles:
  tuner: { account: ORDERS, publish: [$KV.*.tuning], allow_reserved: true }
rules:
  - { name: tuners, issuer: corp, client: tuner, roles: [tuner] }`,
    prefer: `roles:
  tuner: { account: ORDERS, publish: [$KV.settings.tuning], allow_reserved: true }
rules:
  - { name: tuners, issuer: corp, client: tuner, roles: [tuner] }`,
    rationale:
      "In `$KV` and `$O` the second token is the bucket, in `$JS.ACK` and `$JS.FC` the next ones are the stream and the consumer, as after `$JS.API.CONSUMER.MSG.NEXT` and, the stream alone, after `$JS.API.DIRECT.GET`: a wildcard there takes in every bucket of the account, and the messages that others have in hand. Name them, or use an intent, which does.",
    check: ({ roles }) =>
      eachPattern(roles, (p) => {
        const names = p.compiled ? 0 : namesIn(p);
        const wild = p.subject.tokens.slice(0, names).some(isWild);
        return wild
          ? [
              p.at(
                `${quote(p.text)} reaches every bucket, stream or consumer of that place: name it`,
              ),
            ]
          : [];
      }),
  },
  {
    id: "inbox-of-others",
    summary: "A role that reads the replies to everybody",
    avoid: `roles:
  caller: { account: ORDERS, publish: [orders.get], inbox: shared }
rules:
  - { name: callers, issuer: corp, scopes: [orders.read], roles: [caller] }`,
    prefer: `roles:
  caller: { account: ORDERS, publish: [orders.get] }
rules:
  - { name: callers, issuer: corp, scopes: [orders.read], roles: [caller] }`,
    rationale:
      "Who may subscribe to `_INBOX.>` sees every reply in the account. Each identity has an inbox of its own, which the client sets as its inbox prefix. `inbox: shared` is for clients that cannot set one. A literal inbox is that of one: as soon as two subjects or clients hold the role, they read each other's replies.",
    check: ({ roles, holding }) =>
      roles.flatMap((each) => {
        const { role, patterns, at } = each;
        return [
          ...(role.inbox?.startsWith("_INBOX.") && holders(holding(each)) > 1
            ? [
                at(
                  ["inbox"],
                  "every holder reads the replies to all others: give each identity its own, or this role to one client",
                ),
              ]
            : []),
          ...(role.inbox === "shared"
            ? [
                at(
                  ["inbox"],
                  "every holder reads the replies to all others: set an inbox prefix in the client, and leave this out",
                ),
              ]
            : []),
          ...patterns
            .filter((p) => p.direction === "subscribe" && startsAt(p, "_INBOX"))
            .map((p) =>
              p.at(
                `${quote(p.text)} reads replies to others: the own inbox is always permitted, so leave this out`,
              ),
            ),
        ];
      }),
  },
  {
    id: "system-subjects",
    summary: "A role that uses the interface of the servers themselves",
    avoid: `roles:
  monitor: { account: ORDERS, publish: ["$SYS.REQ.ACCOUNT.>"], allow_reserved: true }
rules:
  - { name: monitors, issuer: corp, client: monitor, roles: [monitor] }`,
    prefer: `roles:
  monitor: { account: ORDERS, subscribe: [orders.health] }
rules:
  - { name: monitors, issuer: corp, client: monitor, roles: [monitor] }`,
    rationale:
      "Even outside of the system account, `$SYS.REQ.ACCOUNT.PING.CONNZ` and its siblings list every connection of the account with its user, and `$SYS.REQ.USER.INFO` alone is harmless. Below `$MQTT` servers keep the sessions of MQTT clients and what is stored for them. Monitoring belongs to a user of the system account.",
    check: ({ roles }) =>
      eachPattern(roles, (p) =>
        isMqtt(p)
          ? [
              p.at(
                `${quote(p.text)} reaches the sessions and stored messages of all MQTT clients: permit $MQTT.sub.> and $MQTT.deliver.pubrel.> at most`,
              ),
            ]
          : startsAt(p, "$SYS") && p.text !== "$SYS.REQ.USER.INFO"
            ? [
                p.at(
                  `${quote(p.text)} reaches the servers' own interface: let a user of the system account do this`,
                ),
              ]
            : [],
      ),
  },
  {
    id: "respond-anywhere",
    summary: "A role whose answers may go to any subject",
    avoid: `roles:
  service:
    account: ORDERS
    subscribe: ["orders.get service"]
    respond: { any_subject: true }
    allow_reserved: true
rules:
  - { name: services, issuer: corp, client: service, roles: [service] }`,
    prefer: `roles:
  service: { account: ORDERS, subscribe: ["orders.get service"], respond: true }
rules:
  - { name: services, issuer: corp, client: service, roles: [service] }`,
    rationale:
      "Whoever sends the request names the subject of the answer: an accomplice has the service publish wherever it likes, `$JS.API.STREAM.DELETE.ORDERS` too. `respond: true` lets answers into inboxes only, and clients use nothing else.",
    check: ({ roles }) =>
      roles
        .filter(({ role }) => typeof role.respond === "object")
        .map(({ at }) =>
          at(
            ["respond"],
            "whoever asks has this role publish to any subject: respond: true answers into inboxes only",
          ),
        ),
  },
  {
    id: "reserved-unused",
    summary: "An opt-in to reserved subjects that nothing needs",
    avoid: `roles:
  reader: { account: ORDERS, subscribe: [orders.>], allow_reserved: true }
rules:
  - { name: readers, issuer: corp, scopes: [orders.read], roles: [reader] }`,
    prefer: `roles:
  reader: { account: ORDERS, subscribe: [orders.>] }
rules:
  - { name: readers, issuer: corp, scopes: [orders.read], roles: [reader] }`,
    rationale:
      "The opt-in makes a reviewer look twice at the role, and would let the next reserved subject in without that.",
    check: ({ roles }) =>
      roles
        .filter((each) => each.role.allow_reserved === true && !needsOptIn(each))
        .map(({ at }) => at(["allow_reserved"], "no subject here needs it: remove it")),
  },
];

const isWild = (token: string) => token === "*" || token === ">";

/** Up to which token the names of what is stored stand; 0 where there are none. */
function namesIn({ subject: { tokens } }: Pattern): number {
  const [first, second] = tokens;
  if (first === "$KV" || first === "$O") return 2;
  if (first !== "$JS") return 0;
  if (second === "ACK" || second === "FC") return 4;
  const api = tokens[2] === "API" ? 3 : 2; // in a domain, its name stands before
  const call = tokens.slice(api).join(".");
  if (call.startsWith("CONSUMER.MSG.NEXT.")) return api + 5;
  return call.startsWith("DIRECT.GET.") ? api + 3 : 0;
}

/** What servers keep for MQTT, besides what a client with permissions has to use itself. */
const isMqtt = (p: Pattern) =>
  startsAt(p, "$MQTT") && !["sub", "deliver", "pubrel"].includes(p.subject.tokens[1] ?? "");

/** How many identities can hold a role, as far as its rules name them one by one. */
function holders(rules: readonly LintedRule[]): number {
  const named = rules.map(({ rule: { subject, client, kind } }) => {
    // A client has as many identities as people who sign in to it, unless it comes by itself.
    const one = subject ?? (kind === "client" ? client : undefined);
    return one === undefined ? Number.POSITIVE_INFINITY : [one].flat().length;
  });
  return named.reduce((sum, count) => sum + count, 0);
}

function needsOptIn({ role, patterns }: LintedRole): boolean {
  if (typeof role.respond === "object") return true;
  return patterns.some(
    ({ compiled, subject: { tokens } }) => !compiled && /^[$_*>]/.test(tokens[0] ?? ""),
  );
}
