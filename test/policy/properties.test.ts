import assert from "node:assert/strict";
import { test } from "node:test";
import {
  covers,
  decide,
  type Grant,
  type Narrowing,
  parseSubject,
  type Subject,
} from "../../src/policy/index.ts";
import { parseNetwork } from "../../src/policy/network.ts";
import { fc } from "../support/fc.ts";
import { INBOX, identityOf, NOW_S, policyOf } from "./support.ts";

/** A role as data, so that what it permits can be worked out here, independently of `decide`. */
interface Spec {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  readonly respond: boolean;
  readonly inbox: string;
  readonly types: readonly string[];
  readonly networks?: readonly string[] | undefined;
  readonly hours?: readonly (readonly [number, number])[] | undefined;
  readonly location: string;
  readonly limit?: number | undefined;
  readonly ttl_s: number;
  readonly account: string;
}

const token = fc.constantFrom("a", "b", "{t}", "*");
const subject = fc
  .tuple(fc.constantFrom("a", "b"), fc.array(token, { maxLength: 2 }), fc.boolean())
  .map(([first, more, rest]) => [first, ...more, ...(rest ? [">"] : [])].join("."));
const queue = fc.tuple(subject, fc.constantFrom("", " q", " q.*", " >")).map(([s, q]) => s + q);
const hours = fc
  .uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 2, maxLength: 4 })
  .map((all) => all.sort((x, y) => x - y))
  .map((all): (readonly [number, number])[] => {
    const [a = 0, b = 1, c, d] = all;
    return c === undefined || d === undefined
      ? [[a, b]]
      : [
          [a, b],
          [c, d],
        ];
  });
const spec: fc.Arbitrary<Spec> = fc.record({
  publish: fc.array(subject, { minLength: 1, maxLength: 3 }),
  subscribe: fc.array(queue, { maxLength: 3 }),
  respond: fc.boolean(),
  inbox: fc.constantFrom("private", "private", "shared", "_INBOX.x", "_INBOX.y"),
  types: fc.constantFrom(
    ["STANDARD"],
    ["WEBSOCKET"],
    ["STANDARD", "WEBSOCKET"],
    ["STANDARD", "WEBSOCKET"],
  ),
  networks: fc.option(
    fc.subarray(["10.0.0.0/8", "10.1.0.0/16", "11.0.0.0/8", "2001:db8::/32", "0.0.0.0/0"], {
      minLength: 1,
    }),
    { nil: undefined },
  ),
  hours: fc.option(hours, { nil: undefined }),
  location: fc.constantFrom("UTC", "UTC", "UTC", "Europe/Warsaw"),
  limit: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
  ttl_s: fc.integer({ min: 5, max: 3600 }),
  account: fc.constantFrom("ORDERS", "ORDERS", "ORDERS", "BILLING"),
});
const specs = fc.array(spec, { minLength: 1, maxLength: 4 });
const wanted = fc.option(
  fc.array(
    fc.oneof(
      queue.map((text) => text.replaceAll("{t}", "v")),
      fc.constantFrom("_INBOX.>", `${INBOX}.>`, "_INBOX.x.1"),
    ),
    { maxLength: 3 },
  ),
  { nil: undefined },
);
const narrowing = fc
  .record({
    account: fc.option(fc.constantFrom("ORDERS", "BILLING", "X"), { nil: undefined, freq: 1 }),
    roles: fc.option(fc.subarray(["r0", "r1", "r2", "r3"]), { nil: undefined, freq: 1 }),
    publish: wanted,
    subscribe: wanted,
    ttl_s: fc.option(fc.integer({ min: 5, max: 9999 }), { nil: undefined }),
  })
  // Absent, not undefined: as it comes out of JSON.
  .map((request) => JSON.parse(JSON.stringify(request)) as Narrowing); // the same shape

const clock = (hour: number) => `${String(hour).padStart(2, "0")}:00:00`;
const yaml = (role: Spec) =>
  JSON.stringify({
    account: role.account,
    publish: role.publish,
    subscribe: role.subscribe,
    respond: role.respond,
    inbox: role.inbox,
    connection_types: role.types,
    source_networks: role.networks,
    ...(role.hours && {
      times: {
        location: role.location,
        ranges: role.hours.map(([s, e]) => ({ start: clock(s), end: clock(e) })),
      },
    }),
    limits: { subscriptions: role.limit },
    ttl: `${role.ttl_s}s`,
  });

/** A policy with these roles, each given by a rule of its own; undefined if it does not load. */
function policyWith(roles: readonly Spec[]) {
  try {
    return policyOf(`version: 1
roles:
${roles.map((role, i) => `  r${i}: ${yaml(role)}`).join("\n")}
rules:
${roles.map((_, i) => `  - { name: n${i}, issuer: corp, roles: [r${i}] }`).join("\n")}
`);
  } catch {
    return undefined; // a star that cannot be guarded
  }
}

const parsed = (text: string): Subject => {
  const one = parseSubject(text, "subscribe");
  assert.ok(!("fault" in one), text);
  return one;
};
const filledOf = (texts: readonly string[]) =>
  texts.map((text) => parsed(text.replaceAll("{t}", "v")));
const publishOf = (role: Spec) =>
  filledOf([...role.publish, ...(role.respond ? ["_INBOX.>"] : [])]);
const inboxOf = ({ inbox }: Spec) =>
  inbox === "private" ? INBOX : inbox === "shared" ? "_INBOX" : inbox;
const subscribeOf = (role: Spec) => filledOf([...role.subscribe, `${inboxOf(role)}.>`]);

const key = (network: string) => {
  const one = parseNetwork(network);
  assert.ok(!("fault" in one));
  return one.key;
};

/** Whether every condition of the grant is at least as strong as that of the role. */
function noWeaker(grant: Grant, role: Spec): boolean {
  const networks = role.networks?.map(key);
  return (
    grant.account === role.account &&
    grant.connection_types.length > 0 &&
    grant.connection_types.every((type) => role.types.includes(type)) &&
    (!networks ||
      (grant.source_networks ?? [""]).every(
        (n) => n !== "" && networks.some((k) => key(n).startsWith(k)),
      )) &&
    (!role.hours ||
      (grant.times?.location === role.location &&
        grant.times.ranges.length > 0 &&
        grant.times.ranges.every(({ start, end }) =>
          role.hours?.some(([s, e]) => clock(s) <= start && start < end && end <= clock(e)),
        ))) &&
    (role.limit === undefined ||
      (grant.limits.subscriptions ?? Number.POSITIVE_INFINITY) <= role.limit) &&
    grant.expires_at <= NOW_S + role.ttl_s
  );
}

const identity = identityOf({ claims: { t: "v" } });

test("whatever a credential permits, one of its roles permits, under conditions no weaker", () => {
  let allowed = 0;
  fc.assert(
    fc.property(specs, narrowing, (roles, request) => {
      const policy = policyWith(roles);
      if (!policy) return;
      const decision = decide(policy, identity, request, NOW_S);
      if (!decision.allow) return;
      allowed++;
      const { grant } = decision;
      const held = grant.roles
        .map((name) => roles[Number(name.slice(1))])
        .filter((role) => role !== undefined);
      assert.ok(held.length === grant.roles.length && held.every((role) => noWeaker(grant, role)));
      for (const text of grant.publish) {
        assert.ok(
          held.some((role) => publishOf(role).some((one) => covers(one, parsed(text)))),
          text,
        );
      }
      for (const text of grant.subscribe) {
        assert.ok(
          held.some((role) => subscribeOf(role).some((one) => covers(one, parsed(text)))),
          text,
        );
      }
      assert.ok(grant.subscribe.includes(`${grant.inbox_prefix}.>`));
      assert.ok(held.some((role) => inboxOf(role) === grant.inbox_prefix));
    }),
    { numRuns: 1500 },
  );
  assert.ok(allowed > 100, `only ${allowed} decisions allowed anything`);
});

test("narrowing only narrows", () => {
  fc.assert(
    fc.property(specs, narrowing, (roles, request) => {
      const policy = policyWith(roles);
      if (!policy) return;
      const narrow = decide(policy, identity, request, NOW_S);
      if (!narrow.allow) return;
      const { publish, subscribe, expires_at } = narrow.grant;
      // The same roles without anything narrowed: a conflict that narrowing resolved gives nothing to compare.
      const whole = decide(
        policy,
        identity,
        { account: narrow.grant.account, roles: narrow.grant.roles },
        NOW_S,
      );
      if (!whole.allow) return;
      for (const text of publish)
        assert.ok(whole.grant.publish.some((one) => covers(parsed(one), parsed(text))));
      for (const text of subscribe)
        assert.ok(whole.grant.subscribe.some((one) => covers(parsed(one), parsed(text))));
      assert.ok(expires_at <= whole.grant.expires_at);
      for (const [asked, got] of [
        [request.publish, publish],
        [request.subscribe, subscribe],
      ] as const) {
        if (!asked) continue;
        for (const text of got) {
          const own = text === `${narrow.grant.inbox_prefix}.>`;
          assert.ok(
            (own && got === subscribe) || asked.includes(text),
            `${text} was not asked for`,
          );
        }
      }
    }),
    { numRuns: 800 },
  );
});

const POLICY = policyOf(`version: 1
roles:
  a: { account: ORDERS, publish: ["a.{t}.>", "b.{/x/0/y}"], subscribe: ["c.{t:escape} q"] }
  b: { account: BILLING, subscribe: [d.*], inbox: shared }
rules:
  - { name: slots, issuer: corp, roles: [a] }
  - { name: claims, issuer: corp, claims: { t: { exists: true }, groups: { has: x }, /x/0: { not: y }, __proto__: z }, roles: [b] }
  - { name: simple, issuer: corp, claims: { t: [1, "", true] }, roles: [b] }
`);

test("no claims and no request make a decision throw or wait, nor change what it permits", () => {
  const hostile = fc.constantFrom(
    "*",
    ">",
    "a.b",
    "",
    " ",
    "$SYS",
    "_INBOX",
    "v",
    "{t}",
    "a\u0000",
  );
  const value = fc.oneof(fc.anything(), hostile, fc.array(fc.record({ y: hostile })));
  const claims = fc.oneof(
    fc.record({ t: value, x: value, groups: value, _claim_names: value }, { requiredKeys: [] }),
    fc.dictionary(
      fc.constantFrom("t", "x", "__proto__", "constructor", "groups", "hasgroups"),
      value,
    ),
    fc.anything(),
  );
  const request = fc.oneof(
    fc.record(
      { account: value, roles: value, publish: fc.array(hostile), subscribe: value, ttl_s: value },
      { requiredKeys: [] },
    ),
    fc.anything(),
    fc.constant({}),
  );
  const permitted =
    /^(a\.[A-Za-z0-9][\w-]{0,127}\.>|b\.[A-Za-z0-9][\w-]{0,127}|c\.[A-Za-z0-9][\w-]{0,127} q|d\.[^.*>\s]+|d\.\*|_INBOX\.[^*\s]+|_INBOX\.>)$/;
  fc.assert(
    fc.property(claims, request, fc.oneof(fc.constant(NOW_S), fc.double()), (c, r, now_s) => {
      const some = identityOf({ claims: c as Record<string, unknown> }); // whatever a token may hold
      const decision = decide(POLICY, some, r as Narrowing, now_s); // whatever a door may let through
      assert.equal(decision.trace.length, 3);
      if (!decision.allow) return;
      for (const text of [...decision.grant.publish, ...decision.grant.subscribe])
        assert.match(text, permitted);
    }),
    { numRuns: 1500 },
  );
});
