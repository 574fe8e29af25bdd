import assert from "node:assert/strict";
import { test } from "node:test";
import type { Identity } from "../../../src/identity/index.ts";
import { explain, openPolicy } from "../../../src/policy/index.ts";
import { identityOf, NOW_S } from "../support.ts";

const opened = (rules: string) =>
  openPolicy([{ path: "policy.yaml", bytes: Buffer.from(`version: 1\nrules:\n${rules}\n`) }]);

/** What the one rule with these criteria missed on: what it wants, and what there is. */
function missed(criteria: string, identity: Partial<Identity>, publish = "a") {
  const open = opened(
    `  - { name: r, ${criteria}, grant: { account: A, publish: ["${publish}"] } }`,
  );
  const [rule] = explain(open, identityOf(identity), {}, NOW_S).rules;
  return rule?.missed && [rule.missed.criterion, rule.missed.wanted, rule.missed.has];
}

const CORP = "issuer: corp";
const FORM = "begins with a letter or digit, then up to 127 letters, digits, - and _";
type Row = readonly [string, Partial<Identity>, readonly (string | undefined)[]];
const TABLE: readonly Row[] = [
  ["issuer: github", {}, ["issuer", "github", "corp"]],
  [`${CORP}, kind: client`, {}, ["kind", "client", "user"]],
  [`${CORP}, client: c`, {}, ["client", '"c"', "no client"]],
  [`${CORP}, client: [c, d]`, { client: "e" }, ["client", '"c" or "d"', '"e"']],
  [`${CORP}, subject: [a, b]`, {}, ["subject", '"a" or "b"', '"alice"']],
  [`${CORP}, scopes: [a, b]`, { scopes: ["a"] }, ["scopes", "a b", "a"]],
  [`${CORP}, any_scope: [a, b]`, {}, ["any_scope", '"a" or "b"', "no scopes"]],
  [`${CORP}, claims: { x: 5 }`, { claims: { x: "5" } }, ["claims.x", "5", '"5"']],
  [`${CORP}, claims: { x: [a, b] }`, { claims: {} }, ["claims.x", '"a" or "b"', "no such claim"]],
  [
    `${CORP}, claims: { g: { has: a } }`,
    { claims: { g: ["b"] } },
    ["claims.g", 'a list with "a"', '["b"]'],
  ],
  [
    `${CORP}, claims: { x: { exists: true } }`,
    {},
    ["claims.x", "anything but null", "no such claim"],
  ],
  [
    `${CORP}, claims: { x: { not: a } }`,
    { claims: { x: "a" } },
    ["claims.x", 'of the same type, but not "a"', '"a"'],
  ],
  [
    `${CORP}, claims: { x: { like: "v*" } }`,
    { claims: { x: "w" } },
    ["claims.x", 'of the form "v*"', '"w"'],
  ],
  [
    `${CORP}, claims: { groups: { has: a } }`,
    { claims: { _claim_names: { groups: "s" } } },
    [
      "claims.groups is not all in the token (overage)",
      'a list with "a"',
      "only a reference to where the provider keeps it",
    ],
  ],
  [
    `${CORP}, claims: { email: { domain: a.test } }`,
    { claims: { email: "x@a.test", email_verified: "true" } },
    [
      "claims.email is not verified (email_verified)",
      'an address at "a.test", and email_verified true',
      '"x@a.test", and email_verified "true"',
    ],
  ],
  [
    `${CORP}, claims: { email: x@a.test }`,
    { claims: { email: "x@a.test" } },
    [
      "claims.email is not verified (email_verified)",
      '"x@a.test", and email_verified true',
      '"x@a.test", and no email_verified',
    ],
  ],
  [`${CORP}, claims: { /a/b: c }`, { claims: { a: { b: "d" } } }, ["claims./a/b", '"c"', '"d"']],
];

for (const [criteria, identity, expected] of TABLE) {
  test(`says what was wanted and what there is: ${criteria}`, () => {
    assert.deepEqual(missed(criteria, identity), expected);
  });
}

test("says what could not fill a slot", () => {
  assert.deepEqual(missed(CORP, { claims: { t: "a.b" } }, "o.{t}"), [
    "claims.t cannot fill a subject",
    `a text for a subject that ${FORM}`,
    '"a.b"',
  ]);
  assert.deepEqual(missed(CORP, {}, "o.{@client}")?.[2], "no client");
  const email = { claims: { email: "a", email_verified: false } };
  assert.equal(missed(CORP, email, "o.{email}")?.[2], '"a", and email_verified false');
});

test("says that a rule does not name a guarded claim", () => {
  const guarded = { guarded: ["event_name"], claims: { event_name: "pull_request" } };
  const [, wanted, has] = missed(CORP, guarded) ?? [];
  assert.match(String(wanted), /names event_name/);
  assert.equal(has, '"pull_request"');
});

test("cuts what is too long to be compared by eye", () => {
  const [, , has] = missed(`${CORP}, claims: { x: a }`, { claims: { x: "b".repeat(9999) } }) ?? [];
  assert.equal(String(has).length, 301);
});

test("tells every rule with its place and roles, however many there are", () => {
  const rules = Array.from(
    { length: 100 },
    (_, i) =>
      `  - { name: r${i}, issuer: corp, scopes: [s${i}], grant: { account: A, publish: [a] } }`,
  );
  const told = explain(opened(rules.join("\n")), identityOf({ scopes: ["s70"] }), {}, NOW_S);
  assert.equal(told.rules.length, 100);
  assert.deepEqual(told.rules[70], {
    rule: "r70",
    file: "policy.yaml",
    line: 73,
    issuer: "corp",
    roles: ["r70"],
  });
  assert.ok(told.decision.allow);
});
