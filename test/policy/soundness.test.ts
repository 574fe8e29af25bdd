import assert from "node:assert/strict";
import { test } from "node:test";
import { assertBounded, userClaims } from "../../src/credential/index.ts";
import {
  covers,
  decide,
  loadPolicy,
  type Narrowing,
  parseSubject,
} from "../../src/policy/index.ts";
import { fc } from "../support/fc.ts";
import { CONTEXT, identityOf, NOW_S } from "./support.ts";

const KEY = `A${"B".repeat(55)}`;
const permissions = {
  publish: fc.array(fc.constantFrom("a.>", "a.b", "b.{@subject}", "c.{each g}", "d.*.x"), {
    maxLength: 3,
  }),
  subscribe: fc.array(fc.constantFrom("a.>", "a.b q", "b.{@identity}.>", "c.{each g}"), {
    minLength: 1,
    maxLength: 3,
  }),
  deny_publish: fc.array(fc.constantFrom("a.secret", "c.{each g}", "d.>"), { maxLength: 2 }),
  deny_subscribe: fc.array(fc.constantFrom("a.secret", "b.{@subject}.x"), { maxLength: 2 }),
};
const conditions = {
  tags: fc.constantFrom(["team:a"], ["team:{t}"]),
  ttl: fc.constantFrom("1m", "10m"),
};
const plain = fc
  .record(
    {
      ...permissions,
      ...conditions,
      connection_types: fc.constantFrom(
        ...[
          ["STANDARD"],
          ["STANDARD", "WEBSOCKET"],
          ["IN_PROCESS", "STANDARD"],
          ["LEAFNODE"],
          ["MQTT"],
        ],
      ),
    },
    { requiredKeys: ["publish", "subscribe"] },
  )
  // A queue form is a fault for leaf nodes.
  .filter(
    ({ connection_types, subscribe }) =>
      !connection_types?.includes("LEAFNODE") || !subscribe.some((one) => one.includes(" ")),
  );
const any_subject = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 90 }))
  .map(([max, s]) => ({
    ...{ allow_reserved: true, publish: ["a.b"] },
    respond: { any_subject: true, max, ttl: `${s}s` },
  }));
const scoped = fc.record(conditions).map((fields) => ({ ...fields, scoped_key: KEY }));
const specs = fc.array(fc.oneof({ weight: 8, arbitrary: plain }, any_subject, scoped), {
  minLength: 1,
  maxLength: 4,
});
type Spec = {
  readonly [K in "publish" | "subscribe" | "deny_publish" | "deny_subscribe"]?: readonly string[];
} & {
  readonly respond?: { readonly max: number; readonly ttl: string };
  readonly connection_types?: readonly string[];
  readonly scoped_key?: string;
};
const narrowing = fc.record(
  {
    roles: fc.constantFrom(["r0"], ["r0", "r1"]),
    publish: fc.subarray(["a.b", "b.alice", "c.x", "c.y", ">", "a.secret"]),
    subscribe: fc.subarray(["a.b q", "a.x", "c.x"]),
  },
  { requiredKeys: [] },
);

const request = fc.oneof(fc.constant({}), fc.constant({ roles: ["r0"] }), narrowing);

const IDENTITY = identityOf({ claims: { g: ["x", "y"], t: "v" } });
const filled = (texts: readonly string[] = []) =>
  texts
    .map((text) => text.replace("{@subject}", "alice"))
    .map((text) => text.replace("{@identity}", IDENTITY.digest.slice(0, 32)))
    .flatMap((text) =>
      text.includes("{each g}") ? ["x", "y"].map((g) => text.replace("{each g}", g)) : [text],
    );
const parsed = (text: string) => {
  const subject = parseSubject(text, "subscribe");
  assert.ok(!("fault" in subject), text);
  return subject;
};
const within = (text: string, lists: readonly (readonly string[] | undefined)[]) =>
  lists.some((list) => filled(list).some((one) => covers(parsed(one), parsed(text))));

test("with every feature, a credential permits what one of its roles permits, denied by all", () => {
  let allowed = 0;
  const check = (roles: readonly Spec[], narrowing: Narrowing) => {
    const text = JSON.stringify({
      version: 1,
      roles: Object.fromEntries(roles.map((r, i) => [`r${i}`, { account: "ORDERS", ...r }])),
      rules: roles.map((_, i) => ({ name: `n${i}`, issuer: "corp", roles: [`r${i}`] })),
    });
    const policy = loadPolicy([{ path: "p", bytes: Buffer.from(text) }], {
      ...CONTEXT,
      scoped_keys: new Map([["ORDERS", [KEY]]]),
    });
    const decision = decide(policy, IDENTITY, narrowing, NOW_S);
    if (!decision.allow) return;
    allowed++;
    const { grant } = decision;
    const held = grant.roles.map((name) => roles[Number(name.slice(1))] ?? {});
    const alone = held.filter(
      ({ scoped_key, connection_types: types = [] }) =>
        scoped_key || types.includes("MQTT") || types.includes("LEAFNODE"),
    );
    assert.ok(alone.length === 0 || held.length === 1);
    assert.equal(grant.bearer, grant.connection_types.includes("MQTT") ? true : undefined);
    assert.equal(grant.scoped_key, held[0]?.scoped_key);
    for (const one of grant.publish)
      assert.ok(
        within(
          one,
          held.map((r) => r.publish),
        ),
        one,
      );
    const inbox = `_INBOX.${IDENTITY.digest.slice(0, 32)}.>`;
    for (const one of grant.subscribe.filter((text) => text !== inbox))
      assert.ok(
        within(
          one,
          held.map((r) => r.subscribe),
        ),
        one,
      );
    for (const field of ["deny_publish", "deny_subscribe"] as const) {
      for (const one of held.flatMap((r) => filled(r[field])))
        assert.ok(grant[field]?.includes(one), `${field} ${one}`);
    }
    for (const { respond } of held) {
      if (!respond || !grant.responses) continue;
      assert.ok(grant.responses.max <= respond.max);
      assert.ok(grant.responses.ttl_s <= Number.parseInt(respond.ttl, 10));
    }
    if (grant.responses) {
      assert.ok(held.some(({ respond }) => respond));
      assert.ok(!narrowing.publish || narrowing.publish.includes(">"));
    }
    const claims = userClaims(grant, {
      ...{ name: "n", user_public_key: "U", account_public_key: "A", signing_key: KEY },
      ...{ issued_at: NOW_S, tags: [] },
    });
    assertBounded(JSON.parse(JSON.stringify(claims)), grant.scoped_key);
  };
  // `as`: JSON has no undefined, so that these are the same shapes.
  fc.assert(
    fc.property(specs, request, (roles, asked) => check(roles as Spec[], asked)),
    { numRuns: 400 },
  );
  assert.ok(allowed > 50, `only ${allowed} decisions allowed anything`);
});

const HOSTILE = loadPolicy(
  [
    {
      path: "p",
      bytes: Buffer.from(`version: 1
rules:
  - { name: each, issuer: corp, grant: { account: ORDERS, publish: ["e.{each g}.x", "f.{each /h/0:escape}"] } }
  - { name: like, issuer: corp, claims: { g: { like: ["a*", "*/b"] } }, grant: { account: ORDERS, publish: [l] } }
  - { name: mail, issuer: corp, claims: { email: { domain: a.test } }, grant: { account: ORDERS, publish: [m] } }
  - { name: tags, issuer: corp, grant: { account: ORDERS, publish: ["t.{@client}"], tags: ["g:{g}"] } }
  - { name: has, issuer: corp, claims: { g: { has: [a, 1, true] } }, grant: { account: ORDERS, publish: [h] } }
`),
    },
  ],
  CONTEXT,
);

test("hostile claims neither throw nor widen, through any way in which they can get in", () => {
  const text = fc.constantFrom(
    "*",
    ">",
    "a.b",
    "",
    " ",
    "$SYS",
    "_INBOX",
    "a",
    "v",
    "a@a.test",
    "A",
  );
  const value = fc.oneof(text, fc.array(fc.oneof(text, fc.anything())), fc.anything());
  const claims = fc.record(
    { g: value, h: fc.array(value), email: value, email_verified: fc.anything(), hasgroups: value },
    { requiredKeys: [] },
  );
  const permitted = /^(e\.[A-Za-z0-9][\w-]*\.x|f\.[A-Za-z0-9][\w-]*|[lmh]|t\.[A-Za-z0-9][\w-]*)$/;
  fc.assert(
    fc.property(claims, text, fc.option(fc.array(text)), (all, client, guarded) => {
      const identity = identityOf({ claims: all, client, ...(guarded && { guarded }) });
      const decision = decide(HOSTILE, identity, {}, NOW_S);
      assert.equal(decision.trace.length, 5);
      if (!decision.allow) return;
      for (const one of decision.grant.publish) assert.match(one, permitted);
      for (const one of decision.grant.tags ?? []) assert.match(one, /^g:[a-z0-9][a-z0-9_-]*$/);
    }),
    { numRuns: 3_000 },
  );
});

test("a claim of a million members is looked through, not lived in", () => {
  const g = Array.from({ length: 1_000_000 }, (_, i) => `team${i}`);
  const started = performance.now();
  assert.ok(
    !decide(HOSTILE, identityOf({ claims: { g, email: "a".repeat(1_000_000) } }), {}, NOW_S).allow,
  );
  assert.ok(performance.now() - started < 10_000);
});
