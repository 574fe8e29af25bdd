import assert from "node:assert/strict";
import { test } from "node:test";
import { guardStars } from "../../src/policy/star.ts";
import { type Subject, splitSubject } from "../../src/policy/subject.ts";
import { faultsOf, granted, INBOX, identityOf, outcome, policyOf } from "./support.ts";

const guard = (...texts: string[]) =>
  guardStars(texts.map((text) => splitSubject(text, "subscribe") as Subject)); // all valid

test("what is below a trailing star is denied, because the server lets a client ask for it", () => {
  assert.deepEqual(guard("orders.*", "billing.>", "a.*.b"), { deny: ["orders.*.>"] });
  assert.deepEqual(guard("orders.* workers"), { deny: ["orders.*.>"] });
  assert.deepEqual(guard("orders.>", "orders.*"), { deny: [] });
  assert.deepEqual(guard("orders.*.>", "orders.*"), { deny: [] });
  assert.deepEqual(guard("orders.*", "orders.* workers"), { deny: ["orders.*.>"] });
});

test("a star whose deny would take another permission away cannot be guarded", () => {
  for (const beside of ["orders.eu.new", "*.eu.>", "orders.*.*", "orders.> workers"]) {
    assert.ok("star" in guard("orders.*", beside), beside);
  }
});

const policy = policyOf(`
version: 1
roles:
  star: { account: ORDERS, subscribe: [orders.*] }
  part: { account: ORDERS, subscribe: [orders.eu.new] }
  all: { account: ORDERS, subscribe: [orders.>] }
rules:
  - { name: star, issuer: corp, scopes: [star], roles: [star] }
  - { name: part, issuer: corp, scopes: [part], roles: [part] }
  - { name: all, issuer: corp, scopes: [all], roles: [all] }
`);

test("a grant carries the denies that its stars need", () => {
  assert.deepEqual(granted(policy, identityOf({ scopes: ["star"] })).deny_subscribe, [
    "orders.*.>",
  ]);
  assert.equal(granted(policy, identityOf({ scopes: ["all"] })).deny_subscribe, undefined);
  assert.equal(granted(policy, identityOf({ scopes: ["all", "star"] })).deny_subscribe, undefined);
  const narrowed = granted(policy, identityOf({ scopes: ["all"] }), { subscribe: ["orders.*"] });
  assert.deepEqual(narrowed.subscribe, [`${INBOX}.>`, "orders.*"]);
  assert.deepEqual(narrowed.deny_subscribe, ["orders.*.>"]);
});

test("roles whose stars cannot be guarded together conflict, and narrowing resolves it", () => {
  const both = identityOf({ scopes: ["star", "part"] });
  assert.equal(outcome(policy, both), "roles_conflict");
  assert.deepEqual(granted(policy, both, { roles: ["part"] }).roles, ["part"]);
  assert.deepEqual(
    granted(policy, both, { subscribe: ["orders.eu.new"] }).deny_subscribe,
    undefined,
  );
});

test("a role that cannot be guarded is a fault", () => {
  const role = (subscribe: string) => `version: 1
roles:
  r:
    account: ORDERS
    allow_reserved: true
    subscribe: ${subscribe}
rules: []
`;
  assert.deepEqual(faultsOf(role("[orders.*, orders.eu.new]")), [
    '6:5 "orders.*" would let a client subscribe to everything below it, which can only be denied together with "orders.eu.new": write > for that *, or name its tokens',
  ]);
  assert.deepEqual(faultsOf(role('["*"]')), [
    '6:5 "*" would let a client subscribe to everything below it, which can only be denied together with its own inbox: write > for that *, or name its tokens',
  ]);
});
