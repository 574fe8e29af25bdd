import assert from "node:assert/strict";
import { test } from "node:test";
import { decide } from "../../src/policy/index.ts";
import { parseTemplate } from "../../src/policy/slot.ts";
import { fc } from "../support/fc.ts";
import { HOSTILE } from "./hostile.ts";
import { faultsOf, granted, identityOf, NOW_S, policyOf } from "./support.ts";

const withSubject = (subject: string) => `version: 1
rules:
  - name: r
    issuer: corp
    grant: { account: ORDERS, publish: [${JSON.stringify(subject)}, fixed] }
`;
const plain = policyOf(withSubject("orders.{tenant}.>"));
const escaped = policyOf(withSubject("orders.{tenant:escape}.>"));

test("a slot takes one token from a claim, by name or by pointer", () => {
  const claims = {
    tenant: "acme-1_B",
    "kubernetes.io/namespace": "prod",
    "https://x.test/a": "dotted",
    nested: { "a/b": ["zero", { deep: "one" }] },
    "urn:x": "colon",
  };
  const table: [string, string][] = [
    ["{tenant}.x", "acme-1_B.x"],
    ["orders.{kubernetes.io/namespace}", "orders.prod"],
    ["a.{https://x.test/a}.b", "a.dotted.b"],
    ["a.{/kubernetes.io~1namespace}.b", "a.prod.b"],
    ["a.{/nested/a~1b/0}.{/nested/a~1b/1/deep}", "a.zero.one"],
    ["a.{urn:x}", "a.colon"],
    ["a.{tenant:escape}", "a.acme-1_5fB"],
  ];
  for (const [subject, expected] of table) {
    const grant = granted(policyOf(withSubject(subject)), identityOf({ claims }));
    assert.ok(grant.publish.includes(expected), `${subject} -> ${grant.publish}`);
  }
});

test("a slot in a subscription keeps its queue group", () => {
  const policy = policyOf(`version: 1
rules: [{ name: r, issuer: corp, grant: { account: ORDERS, subscribe: ["o.{t} w.*"] } }]
`);
  assert.ok(granted(policy, identityOf({ claims: { t: "x" } })).subscribe.includes("o.x w.*"));
});

test("escaping keeps different values different and one token", () => {
  const value = (tenant: string) => granted(escaped, identityOf({ claims: { tenant } })).publish[1];
  assert.equal(value("acme/shop"), "orders.acme_2fshop.>");
  assert.equal(value("a.b"), "orders.a_2eb.>");
  assert.equal(value("a_b"), "orders.a_5fb.>");
  assert.equal(value("zażółć"), "orders.za_c5_bc_c3_b3_c5_82_c4_87.>");
  assert.equal(value("a>"), "orders.a_3e.>");
  assert.equal(value("a".repeat(127)), `orders.${"a".repeat(127)}.>`);
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 12 }),
      fc.string({ unit: "binary", maxLength: 12 }),
      (a, b) => {
        if (a === b) return;
        const of = (tenant: string) =>
          decide(escaped, identityOf({ claims: { tenant: `x${tenant}` } }), {}, NOW_S);
        const [x, y] = [of(a), of(b)];
        if (x.allow && y.allow) assert.notDeepEqual(x.grant.publish, y.grant.publish);
      },
    ),
    { numRuns: 500 },
  );
});

test("no hostile value of a claim fills a slot: the rule misses and names the claim only", () => {
  for (const tenant of HOSTILE) {
    const decision = decide(plain, identityOf({ claims: { tenant } }), {}, NOW_S);
    assert.deepEqual(
      { allow: decision.allow, trace: decision.trace },
      { allow: false, trace: [{ rule: "r", missed: "claims.tenant cannot fill a subject" }] },
    );
  }
});

test("escaping does not let a value in that is long, no text or starts oddly", () => {
  const refused = HOSTILE.filter(
    (tenant) => decide(escaped, identityOf({ claims: { tenant } }), {}, NOW_S).allow,
  );
  // What is left begins with a letter or digit and is then escaped to one token.
  for (const tenant of refused) assert.match(String(tenant), /^[A-Za-z0-9]/);
  for (const tenant of [
    "_a",
    "-a",
    "/a",
    "",
    "é",
    "a\ud800",
    "a".repeat(128),
    "é".repeat(2),
    `a${"é".repeat(22)}`,
  ]) {
    assert.ok(
      !decide(escaped, identityOf({ claims: { tenant } }), {}, NOW_S).allow,
      tenant.slice(0, 20),
    );
  }
});

test("a claim fills exactly the token of its slot, whatever it holds", () => {
  const value = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme-ascii" }),
    fc.anything(),
  );
  for (const policy of [plain, escaped]) {
    fc.assert(
      fc.property(value, (tenant) => {
        const decision = decide(policy, identityOf({ claims: { tenant } }), {}, NOW_S);
        if (!decision.allow) return;
        const [fixed, orders = "", ...more] = decision.grant.publish;
        assert.deepEqual([fixed, more], ["fixed", []]);
        assert.match(orders, /^orders\.[A-Za-z0-9][A-Za-z0-9_-]{0,127}\.>$/);
      }),
      { numRuns: 1000 },
    );
  }
});

test("names that every object inherits are no claims", () => {
  for (const name of [
    "__proto__",
    "constructor",
    "toString",
    "/constructor/name",
    "/__proto__",
    "/a/length",
    "/s/length",
    "/s/0",
  ]) {
    const policy = policyOf(withSubject(`o.{${name}}`));
    assert.ok(
      !decide(policy, identityOf({ claims: { a: ["x"], s: "text" } }), {}, NOW_S).allow,
      name,
    );
  }
  const own = JSON.parse('{"__proto__":"mine"}') as Record<string, unknown>; // JSON makes an own property of it
  assert.deepEqual(
    granted(policyOf(withSubject("o.{__proto__}")), identityOf({ claims: own })).publish,
    ["fixed", "o.mine"],
  );
});

test("a slot is one whole token, names a claim and stands in no reserved position", () => {
  const bad = [
    "a{b}",
    "{b}c",
    "{a}{b}",
    "{}",
    "a.{}",
    "{:escape}",
    "a.{b",
    "a.b}",
    "{{a}}",
    "a.{b c}",
    "a.{b\nc}",
    "{/a~2b}",
    "a.{b}>",
    Array(9).fill("{b}").join("."),
  ];
  for (const subject of bad) {
    assert.ok("fault" in parseTemplate(subject, "publish"), subject);
    assert.equal(faultsOf(withSubject(subject)).length, 1, subject);
  }
  assert.ok("fault" in parseTemplate("a {team}", "subscribe"), "a queue group has no slot");
});

test("no claim picks whose inbox or which part of a system is meant", () => {
  const role = (subject: string) => `version: 1
roles: { r: { account: ORDERS, allow_reserved: true, publish: [${JSON.stringify(subject)}] } }
rules: []
`;
  for (const subject of ["_INBOX.{t}.>", "$SYS.{t}", "$JS.{t}.API.>"])
    assert.equal(faultsOf(role(subject)).length, 1, subject);
  for (const subject of ["$KV.{t}.>", "$KV.b.{t}.>", "$O.{t}.>", "$JS.API.STREAM.INFO.{t}"]) {
    assert.deepEqual(faultsOf(role(subject)), [], subject);
  }
});
