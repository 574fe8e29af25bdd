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

const KEY = "AC2FJNAIX7OHJ4G6KLEWSPOGZPTBTMY4OAPCQNOAUJD3XKXW3WHTLNKM";

test("other tags are wider and narrower at once, whether a role or a scoped key grants by them", () => {
  const tagged = (tags: string) =>
    openPolicy([
      {
        path: "policy.yaml",
        bytes: Buffer.from(`version: 1
roles: { x: { account: A, scoped_key: ${KEY}, tags: ${tags} } }
rules: [{ name: r, issuer: corp, scopes: [s], roles: [x] }]`),
      },
    ]);
  const both = { wider: true, narrowed: "surely" };
  const team = { team: "red" };
  assert.deepEqual(changed(tagged('["team:{team}"]'), tagged("[team:admin]"), team), both);
  assert.deepEqual(changed(tagged("[team:red]"), tagged("[team:blue]"), team), both);
  const fewer = changed(tagged("[team:red, eu:yes]"), tagged("[team:red]"), team);
  assert.deepEqual(fewer, { wider: false, narrowed: "surely" });
  const plain = (tags: string) => role(`publish: [a], tags: ${tags}`);
  assert.deepEqual(changed(plain("[team:red]"), plain("[team:blue]"), team), both);
});

test("answers to any subject are a right of their own, which is cut and taken away", () => {
  const answers = (fields: string) =>
    role(`subscribe: [ask], allow_reserved: true, respond: { any_subject: true${fields} }`);
  const takes = { wider: false, narrowed: "surely" };
  const none = role("subscribe: [ask]");
  assert.deepEqual(changed(answers(""), none, {}), takes);
  assert.deepEqual(changed(answers(", max: 100"), answers(", max: 1"), {}), takes);
  assert.deepEqual(changed(answers(", ttl: 2m"), answers(", ttl: 1m"), {}), takes);
  const gives = { wider: true, narrowed: "no" };
  assert.deepEqual(changed(answers(", max: 1"), answers(", max: 100"), {}), gives);
  assert.deepEqual(changed(none, answers(""), {}), gives);
});

test("what depends on claims that nobody kept is possibly taken", () => {
  const rule = (scopes: string) =>
    opened(`roles: { x: { account: A, subscribe: [ask], allow_reserved: true, respond: { any_subject: true } } }
rules: [{ name: r, issuer: corp, scopes: ${scopes}, roles: [x] }]`);
  assert.equal(changed(rule("[s]"), rule("[s, t]"), {}).narrowed, "possibly");
});

test("a scoped key that goes takes from what it signed, and from nothing else", () => {
  const rules = (key: string) =>
    opened(`roles: { x: { account: A, publish: [a] }${key} }
rules: [{ name: r, issuer: corp, scopes: [s], roles: [x] }, { name: k, issuer: corp, scopes: [s], roles: [${key && "k"}${key ? "" : "x"}] }]`);
  const old = rules(`, k: { account: A, scoped_key: ${KEY} }`);
  const identity = identityOf({ scopes: ["s"] });
  const policy = old.policy.digest;
  const trace = [{ rule: "r" }, { rule: "k" }];
  const diff = diffJournaled(old, rules(""))({ ...identity, policy, trace });
  const live = { account: "A", publish: [], subscribe: [] };
  assert.equal(narrowed(diff, { ...live, scoped_key: KEY }), "surely");
  assert.equal(narrowed(diff, { ...live, publish: ["a"] }), "no");
});
