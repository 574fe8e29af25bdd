import type { Fault } from "../../config/index.ts";
import { overlaps, type Subject } from "../subject.ts";
import type { LintedRole, Pattern } from "./linted.ts";
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
      "Who may subscribe to `_INBOX.>` sees every reply in the account. Each identity has an inbox of its own, which the client sets as its inbox prefix. `inbox: shared` is for clients that cannot set one.",
    check: ({ roles }) =>
      roles.flatMap(({ role, patterns, at }) => [
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
      ]),
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
      "Even outside of the system account, `$SYS.REQ.ACCOUNT.PING.CONNZ` and its siblings list every connection of the account with its user, and `$SYS.REQ.USER.INFO` alone is harmless. Monitoring belongs to a user of the system account.",
    check: ({ roles }) =>
      eachPattern(roles, (p) =>
        startsAt(p, "$SYS") && p.text !== "$SYS.REQ.USER.INFO"
          ? [
              p.at(
                `${quote(p.text)} reaches the servers' own interface: let a user of the system account do this`,
              ),
            ]
          : [],
      ),
  },
  {
    id: "jetstream-api",
    summary: "A role that may manage JetStream, or go round its own permissions by it",
    avoid: `roles:
  worker: { account: ORDERS, publish: ["$JS.API.>"], allow_reserved: true }
rules:
  - { name: workers, issuer: corp, client: worker, roles: [worker] }`,
    prefer: `roles:
  worker:
    account: ORDERS
    publish: [$JS.API.CONSUMER.INFO.ORDERS.worker, $JS.API.CONSUMER.MSG.NEXT.ORDERS.worker, $JS.ACK.ORDERS.worker.>]
    allow_reserved: true
rules:
  - { name: workers, issuer: corp, client: worker, roles: [worker] }`,
    rationale:
      "Whoever may create a consumer has stored messages sent to any subject of the account, whatever it may publish to; whoever may get messages by `STREAM.MSG.GET` reads every subject of the stream, because the subject stands in the payload; and a wildcard takes in deleting streams. Make consumers beforehand and permit their names.",
    check: ({ roles }) => eachPattern(roles, jetstream),
  },
  {
    id: "tenant-beside-wildcard",
    summary: "A slot for one tenant beside a wildcard that reaches them all",
    avoid: `roles:
  tenant:
    account: ORDERS
    subscribe: ["orders.{tenant}.>", "orders.*.status"]
rules:
  - { name: tenants, issuer: corp, claims: { tenant: [acme, umbrella] }, roles: [tenant] }`,
    prefer: `roles:
  tenant:
    account: ORDERS
    subscribe: ["orders.{tenant}.>", "status.{tenant}"]
rules:
  - { name: tenants, issuer: corp, claims: { tenant: [acme, umbrella] }, roles: [tenant] }`,
    rationale:
      "The slot says that each tenant has its own part of the subjects; a wildcard in its place gives away the others' part. Where all tenants may see a subject, put it under a prefix of its own, so that one sees it.",
    check: ({ rules }) =>
      unique(
        rules.flatMap(({ roles }) =>
          roles.flatMap((role) => besideSlots(role, inAccount(roles, role))),
        ),
      ),
  },
  {
    id: "tenants-of-two-issuers",
    summary: "A role with a slot that identities of several issuers hold",
    avoid: `roles:
  own: { account: ORDERS, publish: ["work.{tenant}.>"] }
rules:
  - { name: staff, issuer: corp, scopes: [work], roles: [own] }
  - { name: partners, issuer: okta, scopes: [work], roles: [own] }`,
    prefer: `roles:
  staff: { account: ORDERS, publish: ["work.staff.{tenant}.>"] }
  partner: { account: ORDERS, publish: ["work.partners.{tenant}.>"] }
rules:
  - { name: staff, issuer: corp, scopes: [work], roles: [staff] }
  - { name: partners, issuer: okta, scopes: [work], roles: [partner] }`,
    rationale:
      "A value is unique for one issuer only. Where two fill the same place, `acme` of one is `acme` of the other, and whoever can choose a name at either gets at the subjects of the other's. Put something before the slot that tells issuers apart.",
    check: ({ rules, roles }) =>
      roles.flatMap(({ name, patterns, at }) => {
        const issuers = new Set(
          rules.filter((r) => r.roles.some((role) => role.name === name)).map((r) => r.issuer.name),
        );
        const slot = patterns
          .flatMap(({ slots }) => slots)
          .find(({ text }) => text !== "{@identity}");
        if (!slot || issuers.size < 2) return [];
        const named = [...issuers].map(quote).join(" and ");
        return [
          at(
            [],
            `${named} both fill ${slot.text} here: make a role for each, with subjects that differ`,
          ),
        ];
      }),
  },
  {
    id: "queue-wildcard",
    summary: "A queue group with a wildcard",
    avoid: `roles:
  worker: { account: ORDERS, subscribe: ["orders.new >"] }
rules:
  - { name: workers, issuer: corp, client: worker, roles: [worker] }`,
    prefer: `roles:
  worker: { account: ORDERS, subscribe: ["orders.new workers"] }
rules:
  - { name: workers, issuer: corp, client: worker, roles: [worker] }`,
    rationale:
      "Each group gets every message once. With a wildcard, the holder can join any group and take messages away from its members, or open a group of its own and see them all.",
    check: ({ roles }) =>
      eachPattern(roles, ({ subject: { queue = [] }, text, at }) =>
        queue.includes("*") || queue.includes(">")
          ? [at(`${quote(text)} joins any queue group, and so sees every message: name the group`)]
          : [],
      ),
  },
  {
    id: "queue-beside-plain",
    summary: "A queue form and a plain subject that overlap in part",
    avoid: `roles:
  worker: { account: ORDERS, subscribe: ["orders.new.*", "orders.*.eu workers"] }
rules:
  - { name: workers, issuer: corp, client: worker, roles: [worker] }`,
    prefer: `roles:
  worker: { account: ORDERS, subscribe: ["orders.new.us", "orders.*.eu workers"] }
rules:
  - { name: workers, issuer: corp, client: worker, roles: [worker] }`,
    rationale:
      "Where a queue form and a plain subject both name a subject, nats-server goes by the queue form: a subscription there in any other queue group is refused, although the plain subject would permit it. And without a group the subscription sees everything, so the group protects nothing.",
    check: ({ rules }) =>
      unique(
        rules.flatMap(({ roles }) => roles.flatMap((role) => mixed(role, inAccount(roles, role)))),
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

const eachPattern = (roles: readonly LintedRole[], look: (pattern: Pattern) => Fault[]) =>
  roles.flatMap(({ patterns }) => patterns.flatMap(look));

const startsAt = ({ subject }: Pattern, first: string) => subject.tokens[0] === first;

const inAccount = (roles: readonly LintedRole[], { role }: LintedRole) =>
  roles.filter((other) => other.role.account === role.account);

/** One of each place: a role can be held by several rules. */
const unique = (faults: readonly Fault[]) => [
  ...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values(),
];

function needsOptIn({ role, patterns }: LintedRole): boolean {
  if (typeof role.respond === "object" || role.jetstream || role.service) return true;
  return patterns.some(({ subject: { tokens } }) => /^[$_*>]/.test(tokens[0] ?? ""));
}

/** What each part of the API does for those who may publish to it, the worst first. */
const DANGERS: readonly (readonly [subject: string, why: string])[] = [
  ["$JS.API.STREAM.DELETE.*", "may delete streams"],
  ["$JS.API.STREAM.PURGE.*", "may empty streams"],
  ["$JS.API.STREAM.UPDATE.*", "may change streams"],
  ["$JS.API.STREAM.CREATE.*", "may create streams, which can take in any subject"],
  ["$JS.API.STREAM.RESTORE.*", "may overwrite streams"],
  ["$JS.API.STREAM.SNAPSHOT.*", "reads whole streams"],
  ["$JS.API.STREAM.MSG.DELETE.*", "may delete messages"],
  ["$JS.API.STREAM.MSG.GET.*", "reads every subject of the stream, whatever else it may"],
  ["$JS.API.CONSUMER.DELETE.*.*", "may delete the consumers of others"],
  ["$JS.API.CONSUMER.CREATE.>", "may create consumers, which send stored messages to any subject"],
  [
    "$JS.API.CONSUMER.DURABLE.CREATE.*.*",
    "may create consumers, which send stored messages to any subject",
  ],
];

function jetstream(pattern: Pattern): Fault[] {
  if (pattern.direction !== "publish" || !startsAt(pattern, "$JS")) return [];
  const wide = starred(pattern);
  const danger = DANGERS.find(([subject]) =>
    overlaps({ text: "", tokens: subject.split(".") }, wide),
  );
  if (!danger) return [];
  return [
    pattern.at(
      `${quote(pattern.text)} ${danger[1]}: permit the consumers by name that were made beforehand`,
    ),
  ];
}

/** A pattern with every slot as wide as its values can be. */
function starred({ subject }: Pattern): Subject {
  return { ...subject, tokens: subject.tokens.map((token) => (token === "{}" ? "*" : token)) };
}

function besideSlots(role: LintedRole, roles: readonly LintedRole[]): Fault[] {
  const slotted = roles.flatMap(({ patterns }) => patterns.filter(({ slots }) => slots.length > 0));
  return role.patterns.flatMap((wild) => {
    const own = slotted.find(
      (own) =>
        own.direction === wild.direction &&
        own.text !== wild.text &&
        overlaps(starred(own), starred(wild)) &&
        isWildAtSlotOf(own, wild),
    );
    if (!own) return [];
    return [
      wild.at(
        `${quote(wild.text)} reaches the subjects that ${quote(own.text)} keeps to each tenant: put the slot here too`,
      ),
    ];
  });
}

/** Whether `wild` leaves open what the first slot of `own` pins. */
function isWildAtSlotOf({ subject: own }: Pattern, { subject: wild }: Pattern): boolean {
  const slot = own.tokens.indexOf("{}");
  const rest = wild.tokens.indexOf(">");
  return wild.tokens[slot] === "*" || (rest >= 0 && rest <= slot);
}

function mixed(role: LintedRole, roles: readonly LintedRole[]): Fault[] {
  const all = roles.flatMap(({ patterns }) => patterns);
  const plain = all.filter(({ direction, subject }) => direction === "subscribe" && !subject.queue);
  return role.patterns.flatMap((queue) => {
    if (!queue.subject.queue) return [];
    const { queue: _, ...bare } = starred(queue);
    const beside = plain.find((p) => overlaps(starred(p), bare) && !coversAll(starred(p), bare));
    if (!beside) return [];
    return [
      queue.at(
        `${quote(queue.text)} overlaps ${quote(beside.text)} in part, where other queue groups are then refused: make them apart`,
      ),
    ];
  });
}

/** Whether every token of `wide` takes in that of `narrow`. */
function coversAll(wide: Subject, narrow: Subject): boolean {
  for (const [i, token] of wide.tokens.entries()) {
    if (token === ">") return narrow.tokens.length > i;
    if (token !== "*" && token !== narrow.tokens[i]) return false;
    if (narrow.tokens[i] === undefined || narrow.tokens[i] === ">") return false;
  }
  return wide.tokens.length === narrow.tokens.length;
}
