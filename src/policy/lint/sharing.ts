import type { Fault } from "../../config/index.ts";
import { covers, overlaps } from "../subject.ts";
import { tagSlots } from "./claims.ts";
import { clashes } from "./fillers.ts";
import type { Linted, LintedRole, Pattern } from "./linted.ts";
import { eachPattern, onePlaceOnce, starred } from "./patterns.ts";
import { type LintRule, quote } from "./rule.ts";

/** Subjects that several share, tenants or members of a queue group, and get at each other's part. */
export const SHARING: readonly LintRule[] = [
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
      onePlaceOnce(
        rules.flatMap(({ roles }) =>
          roles.flatMap((role) => besideSlots(role, inAccount(roles, role))),
        ),
      ),
  },
  {
    id: "tenants-of-two-issuers",
    summary: "A slot in one place that identities of several issuers fill",
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
    check: (policy) => [...sharedRoles(policy), ...sharedPlaces(policy)],
  },
  {
    id: "slot-beside-slot",
    summary: "A place that is filled from two claims",
    avoid: `roles:
  tenant: { account: ORDERS, publish: ["orders.{tenant}.>"] }
  team: { account: ORDERS, publish: ["orders.{team}.>"] }
rules:
  - { name: tenants, issuer: corp, scopes: [orders.use], roles: [tenant] }
  - { name: teams, issuer: corp, scopes: [orders.run], roles: [team] }`,
    prefer: `roles:
  tenant: { account: ORDERS, publish: ["orders.tenants.{tenant}.>"] }
  team: { account: ORDERS, publish: ["orders.teams.{team}.>"] }
rules:
  - { name: tenants, issuer: corp, scopes: [orders.use], roles: [tenant] }
  - { name: teams, issuer: corp, scopes: [orders.run], roles: [team] }`,
    rationale:
      "A value is unique in its own claim only. Where two claims fill the same place, a tenant and a team of the same name reach each other's subjects; so do a value that is escaped and one that looks like its escape. Put something before each slot that tells them apart, or list the values in the rules. Of more than 512 subjects of one place, each is compared with 512.",
    check: (policy) =>
      onePlaceOnce(
        clashes(
          policy,
          (one, other) =>
            one.rule.issuer.name === other.rule.issuer.name && one.source !== other.source,
        ).map(({ own, other }) =>
          own.pattern.at(
            `${own.slot} fills the place of ${other.slot} in ${quote(other.pattern.text)}, and can have its value: put something before each slot that tells them apart`,
          ),
        ),
      ),
  },
  {
    id: "file-unfenced",
    summary: "An included file that may permit everything",
    avoid: `include:
  - { path: teams/orders.yaml, accounts: [ORDERS], issuers: [corp], subjects: [">"] }
rules: []`,
    prefer: `include:
  - { path: teams/orders.yaml, accounts: [ORDERS], issuers: [corp], subjects: [orders.>] }
rules: []`,
    rationale:
      "The root file says what the owner of another file can ever give. Subjects that begin with a wildcard keep that owner from nothing, JetStream and inboxes of others included, and a review of the root file no longer shows what can happen.",
    check: ({ includes }) =>
      includes.flatMap(({ include, at }) =>
        (include.subjects ?? []).flatMap((text, i) =>
          /^[*>]/.test(text)
            ? [
                at(
                  ["subjects", i],
                  `${quote(text)} lets ${quote(include.path)} permit whatever there is: name the first token of its subjects`,
                ),
              ]
            : [],
        ),
      ),
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
      onePlaceOnce(
        rules.flatMap(({ roles }) => roles.flatMap((role) => mixed(role, inAccount(roles, role)))),
      ),
  },
];

/** Roles that rules of several issuers give. */
const sharedRoles = ({ roles, holding }: Linted): Fault[] =>
  roles.flatMap((role) => {
    const { patterns, at } = role;
    const issuers = new Set(holding(role).map(({ issuer }) => issuer.name));
    // A scoped signing key puts tags into subjects.
    const inTags = role.role.scoped_key === undefined ? [] : tagSlots(role);
    const slot = [
      ...patterns.flatMap(({ slots }) => slots.map(({ text }) => text)),
      ...inTags.map((tag) => tag.slot),
    ].find((text) => text !== "{@identity}");
    if (slot === undefined || issuers.size < 2) return [];
    const named = [...issuers].map(quote).join(" and ");
    return [
      at([], `${named} both fill ${slot} here: make a role for each, with subjects that differ`),
    ];
  });

/** Subjects of one issuer's role that meet those of another issuer's. */
const sharedPlaces = (policy: Linted): Fault[] =>
  onePlaceOnce(
    clashes(
      policy,
      (one, other) => one.rule.issuer.name !== other.rule.issuer.name && one.role !== other.role,
    ).map(({ own, other }) =>
      own.pattern.at(
        `${quote(own.rule.issuer.name)} fills ${own.slot} here, and ${quote(other.rule.issuer.name)} the same place by ${quote(other.pattern.text)} of ${quote(other.role.name)}: make their subjects differ before the slot`,
      ),
    ),
  );

const inAccount = (roles: readonly LintedRole[], { role }: LintedRole) =>
  roles.filter((other) => other.role.account === role.account);

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
    const beside = plain.find((p) => overlaps(starred(p), bare) && !covers(starred(p), bare));
    if (!beside) return [];
    return [
      queue.at(
        `${quote(queue.text)} overlaps ${quote(beside.text)} in part, where other queue groups are then refused: make them apart`,
      ),
    ];
  });
}
