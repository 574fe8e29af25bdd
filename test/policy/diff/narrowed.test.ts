import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, diffJournaled, narrowed, openPolicy, widens } from "../../../src/policy/index.ts";
import { identityOf, NOW_S } from "../support.ts";

const opened = (text: string) =>
  openPolicy([{ path: "policy.yaml", bytes: Buffer.from(`version: 1\n${text}\n`) }]);
/** A policy with one role that everybody of corp holds by the scope `s`. */
const role = (fields: string) =>
  opened(
    `roles: { x: { account: A, ${fields} } }\nrules: [{ name: r, issuer: corp, scopes: [s], roles: [x] }]`,
  );

/** What a change means for a credential that was given before it: whether it widens, and whether it takes. */
function changed(old: ReturnType<typeof opened>, now: typeof old, claims: object) {
  const identity = identityOf({ scopes: ["s"], claims: { ...claims } });
  const decision = decide(old.policy, identity, {}, NOW_S);
  assert.ok(decision.allow, "the old policy gives a credential");
  const policy = old.policy.digest;
  const diff = diffJournaled(old, now)({ ...identity, policy, trace: decision.trace });
  return {
    wider: widens(diff.sure) || widens(diff.unsure),
    narrowed: narrowed(diff, decision.grant),
  };
}

test("a deny that meets what fills a slot takes from who holds it, and from nobody else", () => {
  const open = role('publish: ["o.{tenant}.>"]');
  const denied = role('publish: ["o.{tenant}.>"], deny_publish: [o.admin.secret]');
  const of = (tenant: string) => changed(open, denied, { tenant });
  assert.deepEqual(of("admin"), { wider: false, narrowed: "surely" });
  assert.deepEqual(of("acme"), { wider: false, narrowed: "no" });
});

test("a deny with a slot takes, too, and one that goes away gives", () => {
  const open = role("subscribe: [o.acme.*]");
  const slot = role('subscribe: [o.acme.*], deny_subscribe: ["o.{tenant}.secret"]');
  assert.deepEqual(changed(open, slot, { tenant: "acme" }), { wider: false, narrowed: "surely" });
  assert.deepEqual(changed(slot, open, { tenant: "acme" }), { wider: true, narrowed: "no" });
  const wide = role('publish: ["o.{tenant}.>"]');
  const less = role('publish: ["o.{tenant}.>"], deny_publish: [o.admin.secret]');
  assert.deepEqual(changed(less, wide, { tenant: "admin" }), { wider: true, narrowed: "no" });
});
