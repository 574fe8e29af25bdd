import assert from "node:assert/strict";
import { test } from "node:test";
import { adminOf } from "../../src/policy/index.ts";
import { identityOf, outcome, policyOf } from "./support.ts";

const policy = policyOf(`version: 1
admin_roles:
  oncall: { accounts: [ORDERS], can: [revoke, journal] }
  audit: { accounts: [ORDERS, BILLING], can: [journal] }
rules:
  - { name: a, issuer: corp, scopes: [ops], admin: [oncall] }
  - { name: b, issuer: corp, scopes: [ops, audit], admin: [audit, oncall] }
  - { name: c, issuer: corp, scopes: [grant], grant: { account: ORDERS, publish: [x] } }
`);

test("an identity administers what the rules that match it say, each once", () => {
  const of = (...scopes: string[]) => adminOf(policy, identityOf({ scopes }));
  const oncall = { accounts: ["ORDERS"], can: ["revoke", "journal"] };
  const audit = { accounts: ["ORDERS", "BILLING"], can: ["journal"] };
  assert.deepEqual(of("ops"), [oncall]);
  assert.deepEqual(of("ops", "audit"), [oncall, audit]);
  assert.deepEqual(of("audit"), []);
  assert.deepEqual(of("grant"), []);
  assert.deepEqual(adminOf(policy, identityOf({ issuer: "github", scopes: ["ops"] })), []);
});

test("an admin role permits nothing on NATS, and a claim that is guarded keeps it away", () => {
  assert.equal(outcome(policy, identityOf({ scopes: ["ops", "audit"] })), "no_rule_matched");
  const guarded = identityOf({ scopes: ["ops"], claims: { event: "x" }, guarded: ["event"] });
  assert.deepEqual(adminOf(policy, guarded), []);
});
