import assert from "node:assert/strict";
import { test } from "node:test";
import { found, lintText } from "./support.ts";

test("a place that two issuers fill is found in whichever roles, unless rules list what they fill in", () => {
  const two = (first: string, second: string, subjects = ["w.{tenant}.>", "w.{tenant}.in"]) =>
    found(`roles:
  x: { account: A, publish: ["${subjects[0]}"] }
  y: { account: A, subscribe: ["${subjects[1]}"] }
rules:
  - { name: r, issuer: corp, ${first}, roles: [x] }
  - { name: s, issuer: okta, ${second}, roles: [y] }`);
  const open = "scopes: [q]";
  const listed = (tenant: string) => `claims: { tenant: ${tenant} }`;
  const both = ["3 tenants-of-two-issuers", "4 tenants-of-two-issuers"];
  assert.deepEqual(two(open, open), both);
  assert.deepEqual(two(open, open, ["w.{tenant}.>", "w.{@subject}.>"]), both);
  assert.deepEqual(two(open, listed("a")), ["4 tenants-of-two-issuers"]);
  assert.deepEqual(two(listed("a"), listed("b")), []);
  assert.deepEqual(two(open, open, ["w.{tenant}.>", "v.{tenant}.>"]), []);
  assert.deepEqual(two(open, open, ["w.{tenant}.a", "w.{tenant}.b"]), []);
  assert.deepEqual(two(open, open, ["w.{@identity}.>", "w.{@identity}.>"]), []);
});

test("two roles of which one takes away what the other gives below a star are found in one rule", () => {
  const rule = (x: string, y: string, roles = "[x, y]", account = "A") =>
    found(`roles:
  x: { account: A, subscribe: ["${x}"] }
  y: { account: ${account}, subscribe: ["${y}"] }
rules:
  - { name: r, issuer: corp, client: c, roles: ${roles} }
  - { name: s, issuer: corp, client: d, roles: [x] }
  - { name: t, issuer: corp, client: e, roles: [y] }`);
  assert.deepEqual(rule("o.*", "o.eu.new"), ["6 roles-conflict"]);
  assert.deepEqual(rule("o.*", "o.>"), []);
  assert.deepEqual(rule("o.*", "o.eu"), []);
  assert.deepEqual(rule("o.*", "o.eu.new", "[x]"), []);
  assert.deepEqual(rule("o.*", "o.eu.new", "[x, y]", "B"), []);
});

test("a literal inbox is found as soon as two can hold it", () => {
  const held = (...rules: string[]) =>
    found(`roles:
  x: { account: A, publish: [a], inbox: _INBOX.orders }
rules:
${rules.map((rule, i) => `  - { name: r${i}, issuer: corp, ${rule}, roles: [x] }`).join("\n")}`);
  assert.deepEqual(held("subject: s"), []);
  assert.deepEqual(held("kind: client, client: c"), []);
  for (const rules of [
    ["client: c"],
    ["subject: [s, t]"],
    ["scopes: [q]"],
    ["subject: s", "subject: t, scopes: [q]"],
  ])
    assert.deepEqual(held(...rules), ["3 inbox-of-others"], rules.join());
});

test("a deny holds for the roles beside it, and is looked at with them", () => {
  const rules = (roles: string) => `roles:
  x: { account: A, publish: [a.>] }
  y: { account: A, publish: [b], deny_publish: [a.x] }
rules:
  - { name: r, issuer: corp, client: c, roles: ${roles} }
  - { name: s, issuer: corp, client: d, roles: [x] }`;
  assert.deepEqual(found(rules("[x, y]")), ["4 deny-list"]);
  assert.deepEqual(found(rules("[y]")), ["4 deny-idle"]);
});

test("whoever becomes an administrator has to be named", () => {
  const admin = (criteria: string, issuer = "corp") =>
    found(`admin_roles: { a: { accounts: [A], can: [revoke] } }
rules:
  - { name: r, issuer: ${issuer}, ${criteria}, admin: [a] }`);
  for (const criteria of [
    ...["subject: s", "client: c", "claims: { groups: { has: ops } }", "claims: { team: [a, b] }"],
    "scopes: [x], kind: user, claims: { team: a }",
  ])
    assert.deepEqual(admin(criteria), [], criteria);
  for (const criteria of [
    ...["kind: user", "scopes: [admin]", "any_scope: [a, b]", "claims: { team: { like: ops-* } }"],
    ...["claims: { email: { domain: corp.test } }", "claims: { team: { not: guests } }"],
    "claims: { email_verified: true }",
  ])
    assert.deepEqual(admin(criteria), ["4 admin-weakly-pinned"], criteria);
  assert.deepEqual(admin("claims: { email: a@b.test }"), [
    "4 claim-unreliable",
    "4 admin-weakly-pinned",
  ]);
  assert.deepEqual(admin("claims: { ref: refs/heads/main }", "github"), [
    "4 rule-open-to-strangers",
    "4 admin-weakly-pinned",
  ]);
});

test("what nothing refers to is found: admin roles, sets and streams", () => {
  const grant = (fields: string) =>
    `rules:\n  - { name: r, issuer: corp, client: c, grant: { account: A, ${fields} } }`;
  assert.deepEqual(
    found(`admin_roles: { a: { accounts: [A], can: [revoke] } }\n${grant("publish: [a]")}`),
    ["2 role-unused"],
  );
  const lists = "subject_sets: { s: [a] }\nstreams: { S: [b] }\n";
  assert.deepEqual(found(lists + grant("publish: [a]")), ["2 set-unused", "3 set-unused"]);
  const used = "publish: [{ set: s }], jetstream: [{ publish_to: { stream: S } }]";
  assert.deepEqual(found(lists + grant(used)), []);
  assert.deepEqual(
    found(lists + grant(used.replace("publish:", "publish: [b.>], deny_publish:"))),
    ["5 deny-idle"],
  );
});

test("a file that may permit everything is no file with an owner", () => {
  const include = (subjects: string) =>
    found(
      `include: [{ path: t.yaml, accounts: [A], issuers: [corp], subjects: [${subjects}] }]\nrules: []`,
    );
  assert.deepEqual(include("orders.>, a.*.b"), []);
  assert.deepEqual(include('orders.>, ">"'), ["2 file-unfenced"]);
  assert.deepEqual(include('"*.orders"'), ["2 file-unfenced"]);
});

test("a scoped signing key puts tags into subjects, so they are looked at as such", () => {
  const key = `A${"B".repeat(55)}`;
  const text = (tag: string) => `roles:
  x: { account: A, scoped_key: ${key}, tags: ["t:${tag}"] }
rules:
  - { name: r, issuer: corp, client: c, roles: [x] }
  - { name: s, issuer: okta, client: c, roles: [x] }`;
  assert.deepEqual(found(text("{tenant}")), ["3 tenants-of-two-issuers"]);
  assert.deepEqual(found(text("{@identity}")), []);
  const [, one] = lintText(text("{nickname}")).findings;
  assert.equal(
    one?.message,
    '{nickname} lets "r" reach the subjects of others: people choose it: match subject',
  );
});

test("the size of a credential counts intents, tags, conditions and arrays", () => {
  const near = (fields: string) =>
    found(`rules:\n  - { name: r, issuer: corp, client: c, grant: { account: A, ${fields} } }`);
  const many = (count: number, one: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => one(i)).join(", ");
  assert.deepEqual(near('publish: ["t.{each groups}.>"]'), []);
  const found_ = ["3 size-near-limit"];
  assert.deepEqual(near(`publish: [${many(5, (i) => `"t${i}.{each groups}.>"`)}]`), found_);
  assert.deepEqual(
    near(
      `jetstream: [${many(16, (i) => `{ consume: { stream: STREAM_${i}, durable: durable } }`)}]`,
    ),
    found_,
  );
  assert.deepEqual(near(`publish: [a], tags: [${many(60, (i) => `"tag-${i}:{tenant}"`)}]`), found_);
  assert.deepEqual(
    near(`publish: [a], source_networks: [${many(160, (i) => `10.0.${i}.0/24`)}]`),
    found_,
  );
});

test("a slot that can be a name which stands there otherwise is found, unless its values are listed", () => {
  const two = (slot: string, other: string, criteria = "scopes: [q]") =>
    found(`roles:
  x: { account: A, publish: ["o.${slot}.>"] }
  y: { account: A, subscribe: ["${other}"] }
rules:
  - { name: r, issuer: corp, ${criteria}, roles: [x] }
  - { name: s, issuer: corp, client: c, roles: [y] }`);
  const found_ = ["3 slot-beside-name"];
  assert.deepEqual(two("{tenant}", "o.admin.x"), found_);
  assert.deepEqual(two("{tenant}", "o.admin.>"), found_);
  assert.deepEqual(two("{tenant:escape}", "o.admin.x"), found_);
  assert.deepEqual(two("{each groups}", "o.admin.x"), found_);
  assert.deepEqual(two("{@client}", "o.admin.x"), found_);
  assert.deepEqual(two("{@client}", "o.admin.x", "client: [admin, b]"), found_);
  assert.deepEqual(two("{tenant}", "o.admin.x", "claims: { tenant: [a, admin] }"), found_);
  assert.deepEqual(two("{tenant}", "o.admin.x", "claims: { tenant: { like: ad* } }"), found_);
  for (const [slot, other, criteria] of [
    ["{tenant}", "o.admin"],
    ["{tenant}", "p.admin.x"],
    ["{tenant}", "o.>"],
    ["{@identity}", "o.admin.x"],
    ["{@client}", "o.admin.x", "client: [a, b]"],
    ["{@subject}", "o.admin.x", "subject: a"],
    ["{tenant}", "o.admin.x", "claims: { tenant: [a, b] }"],
  ] as const)
    assert.deepEqual(two(slot, other, criteria), [], `${slot} ${other}`);
  const held = `roles:
  x: { account: A, subscribe: ["o.{tenant}.>", o.all.>] }
rules:
  - { name: r, issuer: corp, scopes: [q], roles: [x] }`;
  assert.deepEqual(found(held), []);
  assert.deepEqual(found(held.replace("subscribe:", "publish: [o.all.x], subscribe:")), []);
  const told = held.replace(", o.all.>]", "], publish: [o.all.x]");
  assert.deepEqual(found(told), found_);
});
