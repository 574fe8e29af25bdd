import assert from "node:assert/strict";
import { test } from "node:test";
import type { Identity } from "../../src/identity/index.ts";
import { decide } from "../../src/policy/index.ts";
import { likeTest } from "../../src/policy/like.ts";
import { fc } from "../support/fc.ts";
import { faultsOf, granted, identityOf, NOW_S, policyOf } from "./support.ts";

const rule = (criteria: string, grant = "publish: [x]") => `version: 1
rules:
  - { name: r, issuer: corp, grant: { account: ORDERS, ${grant} }, ${criteria} }
`;
const missed = (text: string, identity: Partial<Identity>) =>
  decide(policyOf(text), identityOf(identity), {}, NOW_S).trace[0]?.missed;

test("like is anchored, and its star never goes across a separator", () => {
  const table: [form: string, fits: unknown[], misses: unknown[]][] = [
    [
      "refs/tags/v*",
      ["refs/tags/v1", "refs/tags/v", "refs/tags/v1-rc_2"],
      [
        ...["refs/tags/v1.0", "refs/tags/v1/x", "xrefs/tags/v1", "refs/tags/1", "refs/tags/v1\n"],
        ...["refs/tags/v1 ", "Refs/tags/v1", "", 5, null, undefined, ["refs/tags/v1"]],
      ],
    ],
    ["*", ["a", "", "é"], ["a.b", "a/b", "a b", "a\u0000", "a\u202eb", "a".repeat(1025)]],
    ["a*b*c", ["abc", "axbxc", "abbc"], ["ab", "a.b.c", "axc", "abcd"]],
    ["*/x", ["a/x", "/x"], ["a/b/x", "a/x/x"]],
    ["ab*ba", ["abba", "abxba"], ["aba"]],
    [
      "repo:acme/*:ref:refs/heads/main",
      ["repo:acme/shop:ref:refs/heads/main"],
      ["repo:acme/shop:pull_request:ref:refs/heads/main/"],
    ],
  ];
  for (const [form, fits, misses] of table) {
    const text = rule(`claims: { ref: { like: ${JSON.stringify(form)} } }`);
    for (const ref of fits) assert.equal(missed(text, { claims: { ref } }), undefined, `${ref}`);
    for (const ref of misses)
      assert.equal(missed(text, { claims: { ref } }), "claims.ref", `${ref}`);
  }
  const several = rule("claims: { ref: { like: [a*, b*] } }");
  assert.equal(missed(several, { claims: { ref: "bx" } }), undefined);
  assert.equal(missed(several, { claims: { ref: "cx" } }), "claims.ref");
});

test("like says what a regular expression would, in linear time", () => {
  const piece = fc.constantFrom("a", "b", "/", ".", "ab", "*");
  const form = fc
    .array(piece, { minLength: 1, maxLength: 8 })
    .map((parts) => parts.join("").replace(/\*+/g, "*"))
    .filter((text) => text.includes("*"));
  const value = fc.array(fc.constantFrom("a", "b", "/", "."), { maxLength: 12 });
  fc.assert(
    fc.property(form, value, (text, chars) => {
      const regex = new RegExp(`^${text.replaceAll(".", "\\.").replaceAll("*", "[^/.]*")}$`);
      const whole = chars.join("");
      assert.equal(likeTest(text)(whole), regex.test(whole), `${text} ${whole}`);
    }),
    { numRuns: 20_000 },
  );
  const started = process.hrtime.bigint();
  likeTest(`${"a*".repeat(120)}b`)("a".repeat(1_024));
  assert.ok(process.hrtime.bigint() - started < 50_000_000n);
});

test("a domain is that of one verified address", () => {
  const text = rule("claims: { email: { domain: [example.com, example.org] } }");
  const outcome = (email: unknown, email_verified: unknown = true) =>
    missed(text, { claims: { email, email_verified } });
  for (const email of ["a@example.com", "a.b+c@example.org", "A@EXAMPLE.com"])
    assert.equal(outcome(email), undefined, email);
  for (const email of [
    ...[
      "a@example.net",
      "a@sub.example.com",
      "a@example.com.evil.net",
      "example.com",
      "@example.com",
    ],
    ...[
      "a@evil@example.com",
      "a@evil.net@example.com",
      '"a@evil"@example.com',
      "a@example.com@",
      "a@@example.com",
    ],
    ...[
      "a b@example.com",
      "a@example.com ",
      "a@example.com\n",
      "a@example.com\u0000",
      "é@example.com",
    ],
    ...[
      "a@example\u3002com",
      "a@\uff45xample.com",
      "a@example.co\u212a",
      `${"a".repeat(65)}@example.com`,
    ],
    ...[["a@example.com"], { 0: "a@example.com" }, null, undefined, 5],
  ])
    assert.equal(outcome(email), "claims.email", JSON.stringify(email));
});

test("whatever is asked of an address, one that is not verified misses, and says so", () => {
  const email = "a@example.com";
  const asked = [
    "a@example.com",
    "[a@example.com, b@example.com]",
    "{ domain: example.com }",
    '{ like: "a@example.*" }',
    "{ not: b@example.com }",
    "{ exists: true }",
  ];
  for (const criterion of asked) {
    for (const claim of ["email", "/email"]) {
      const text = rule(`claims: { ${claim}: ${criterion} }`);
      const outcome = (email_verified: unknown) =>
        missed(text, {
          claims: { email, ...(email_verified !== undefined && { email_verified }) },
        });
      assert.equal(outcome(true), undefined, text);
      for (const verified of [false, "true", 1, null, undefined, [true], {}])
        assert.equal(outcome(verified), `claims.${claim} is not verified (email_verified)`, text);
    }
  }
  const list = rule("claims: { email: { has: a@example.com } }");
  const claims = { email: [email], email_verified: true };
  assert.equal(missed(list, { claims }), undefined);
  assert.match(
    missed(list, { claims: { email: [email] } }) ?? "",
    /^claims\.email is not verified/,
  );
  assert.equal(missed(list, { claims: { email_verified: false } }), "claims.email");
  const other = rule("claims: { /profile/email: a@example.com }");
  assert.equal(missed(other, { claims: { profile: { email } } }), undefined);
});

test("an address that is not verified fills no slot, neither of a subject nor of a tag", () => {
  for (const fields of [
    'publish: ["o.{email:escape}"]',
    'publish: [o], tags: ["mail:{email:escape}"]',
  ]) {
    const text = `version: 1
rules: [{ name: r, issuer: corp, grant: { account: ORDERS, ${fields} } }]`;
    const outcome = (email_verified: boolean) =>
      missed(text, { claims: { email: "a@b", email_verified } });
    assert.equal(outcome(true), undefined);
    assert.match(outcome(false) ?? "", /^claims\.email cannot fill a (subject|tag)$/);
  }
});

test("a set or a stream may be one subject by itself, whose fault is told where it stands", () => {
  const text = (subject: string) => `version: 1
subject_sets: { orders: ${subject} }
streams: { S: ${subject} }
rules:
  - { name: r, issuer: corp, grant: { account: ORDERS, subscribe: [{ set: orders, queue: q }], jetstream: [{ publish_to: { stream: S } }] } }
`;
  const { publish, subscribe } = granted(policyOf(text("orders.>")), identityOf());
  assert.deepEqual([publish, subscribe.includes("orders.> q")], [["orders.>"], true]);
  const faults = faultsOf(text("a..b"));
  assert.ok(faults.includes('2:17 "a..b" has an empty token'), faults.join("\n"));
  assert.ok(faults.includes('3:12 "a..b" has an empty token'), faults.join("\n"));
});

test("a set stands for its subjects, in the file that has it", () => {
  const text = `version: 1
subject_sets: { orders: [orders.new, "orders.{t}.>"] }
roles:
  r: { account: ORDERS, publish: [{ set: orders }, x], subscribe: [{ set: orders, queue: workers }] }
rules: [{ name: n, issuer: corp, roles: [r] }]
`;
  const grant = granted(policyOf(text), identityOf({ claims: { t: "v" } }));
  assert.deepEqual(grant.publish, ["orders.new", "orders.v.>", "x"]);
  assert.deepEqual(grant.subscribe.slice(1), ["orders.new workers", "orders.v.> workers"]);
  const faults: [string, string, string][] = [
    ["set: orders }, x", "set: order }, x", '4:37 unknown set of subjects "order": did you mean'],
    ["[orders.new,", '["a..b",', '2:26 "a..b" has an empty token'],
    ["[orders.new,", '["a b",', '2:26 "a b" must not hold a space'],
    ["[orders.new,", '["$JS.>",', '4:35 "$JS.>" can start with $ or _'],
    ["queue: workers", 'queue: "a b"', "must hold one space at most"],
    ["set: orders }, x", "set: orders, foo: 1 }, x", "unknown key"],
  ];
  for (const [from, to, said] of faults) {
    const all = faultsOf(text.replace(from, to));
    assert.ok(
      all.some((fault) => fault.includes(said)),
      `${to}: ${all.join(" | ")}`,
    );
  }
});

test("each makes one subject for every member of an array, or the rule misses", () => {
  const text = rule(
    "kind: user",
    `publish: ["t.{each groups}.{@subject}", "{each /a/b:escape}.x"]`,
  );
  const of = (groups: unknown, b: unknown = ["x"], more: object = {}) =>
    decide(policyOf(text), identityOf({ claims: { groups, a: { b }, ...more } }), {}, NOW_S);
  const good = of(["red", "blue", "red"], ["a/b"]);
  assert.deepEqual(good.allow && good.grant.publish, ["a_2fb.x", "t.blue.alice", "t.red.alice"]);
  for (const groups of [
    ...[[], "red", null, undefined, { 0: "red", length: 1 }, ["red", "*"], ["red", ">"], [["red"]]],
    ...[["red", 5], ["red", ""], ["a.b"], ["$SYS"], ["_INBOX"], [null], Array(65).fill("a")],
  ]) {
    const decision = of(groups);
    assert.equal(decision.trace[0]?.missed, "claims.groups cannot fill a subject");
  }
  assert.ok(!of(["red"], ["x"], { hasgroups: true }).allow);
  for (const [subject, fault] of [
    ["a.{each x}.{each y}", "more than one slot with each"],
    ["a.{each @identity}", "a slot that names no claim"],
    ["a.{each  x}", "a slot that names no claim"],
    ["a.{each }", "a slot that names no claim"],
    ["a.x{each g}", "is no slot"],
  ] as const) {
    const faults = faultsOf(rule("kind: user", `publish: [${JSON.stringify(subject)}]`));
    assert.ok(faults[0]?.includes(fault), `${subject}: ${faults}`);
  }
});

test("slots of the identity hold what verification proved, whatever the claims say", () => {
  const text = rule(
    "kind: user",
    `publish: ["i.{@identity}", "s.{@subject:escape}", "c.{@client}"]`,
  );
  const identity = identityOf({
    subject: "auth0|x.y",
    client: "app",
    claims: { "@identity": "evil", "@client": "evil", client: "evil" },
  });
  const grant = granted(policyOf(text), identity);
  assert.deepEqual(grant.publish, [
    "c.app",
    `i.${identity.digest.slice(0, 32)}`,
    "s.auth0_7cx_2ey",
  ]);
  assert.equal(`_INBOX.${grant.publish[1]?.slice(2)}`, grant.inbox_prefix);
  assert.equal(missed(text, { subject: "a" }), "client cannot fill a subject");
  for (const slot of ["{@identity:escape}", "{@issuer}", "{@}", "{@ subject}"]) {
    const faults = faultsOf(rule("kind: user", `publish: ["a.${slot}"]`));
    assert.ok(faults[0]?.includes("a slot that names no claim"), slot);
  }
  assert.deepEqual(faultsOf(rule("kind: user", `publish: ["a.{/@identity}"]`)), []);
});

test("a guarded claim has to be named by value", () => {
  const guarded = { claims: { event: "pull_request", ref: "main" }, guarded: ["event"] };
  const why = "claims.event is unusual in this token, and the rule names no value";
  for (const criteria of [
    "claims: { ref: main }",
    "claims: { event: { exists: true } }",
    "claims: { event: { not: push } }",
    "claims: { event: { like: pull_* } }",
    "kind: user",
  ])
    assert.equal(missed(rule(criteria), guarded), why, criteria);
  for (const criteria of [
    "claims: { event: pull_request }",
    "claims: { /event: [push, pull_request] }",
  ])
    assert.equal(missed(rule(criteria), guarded), undefined, criteria);
  assert.equal(missed(rule("claims: { event: push }"), guarded), "claims.event");
});
