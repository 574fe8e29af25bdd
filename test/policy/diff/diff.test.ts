import assert from "node:assert/strict";
import { test } from "node:test";
import {
  adminGains,
  type Change,
  type Changes,
  diffIdentity,
  diffJournaled,
  openPolicy,
  textDiff,
  widens,
} from "../../../src/policy/index.ts";
import { identityOf, NOW_S } from "../support.ts";

const opened = (text: string) =>
  openPolicy([{ path: "policy.yaml", bytes: Buffer.from(`version: 1\n${text}\n`) }]);
/** A policy with one role `x` that everybody of corp holds by the scope `s`. */
const role = (fields: string) =>
  opened(
    `roles: { x: { account: A, ${fields} } }\nrules: [{ name: r, issuer: corp, scopes: [s], roles: [x] }]`,
  );
const WHO = identityOf({ scopes: ["s"], claims: { t: "acme" } });

/** Each change in one line: `+` gained, `>` loosened, `-` lost, `<` tightened. */
function said(changes: Changes): string[] {
  const line = (mark: string) => (change: Change) =>
    [mark, change.verb, change.subject, ...change.conditions.map((c) => `(${c})`)].join(" ");
  return [
    ...changes.gained.map(line("+")),
    ...changes.loosened.map(line(">")),
    ...changes.lost.map(line("-")),
    ...changes.tightened.map(line("<")),
  ];
}

const TABLE: readonly (readonly [old: string, now: string, ...changes: string[]])[] = [
  ["publish: [a]", "publish: [a]"],
  ["publish: [a]", "publish: [a, b]", "+ publish b"],
  ["publish: [a, b]", "publish: [a]", "- publish b"],
  ["publish: [a.>]", "publish: [a.b]", "- publish a.>"],
  ["publish: [a.b]", "publish: [a.*]", "+ publish a.*"],
  ["publish: [a.>, a.b]", "publish: [a.>]"],
  ['subscribe: ["a q"]', "subscribe: [a]", "+ subscribe a"],
  ["subscribe: [a]", 'subscribe: ["a q"]', "- subscribe a"],
  ['publish: ["o.{t}"]', "publish: [o.acme]"],
  ['publish: ["o.{t}"]', "publish: [o.>]", "+ publish o.>"],
  ["publish: [a], ttl: 5m", "publish: [a], ttl: 10m", "> publish a (ttl 300s -> 600s)"],
  ["publish: [a], ttl: 10m", "publish: [a], ttl: 5m", "< publish a (ttl 600s -> 300s)"],
  ["publish: [a], ttl: 1h", "publish: [a], ttl: 9h"],
  [
    "publish: [a], source_networks: [10.0.0.0/8]",
    "publish: [a]",
    "> publish a (source_networks 10.0.0.0/8 -> any)",
  ],
  [
    "publish: [a], source_networks: [10.0.0.0/8]",
    "publish: [a], source_networks: [10.1.0.0/16]",
    "< publish a (source_networks 10.0.0.0/8 -> 10.1.0.0/16)",
  ],
  [
    "publish: [a], connection_types: [STANDARD]",
    "publish: [a], connection_types: [WEBSOCKET]",
    "> publish a (connection_types STANDARD -> WEBSOCKET)",
    "< publish a (connection_types STANDARD -> WEBSOCKET)",
  ],
  [
    "publish: [a], limits: { subscriptions: 5 }",
    "publish: [a]",
    "> publish a (subscriptions 5 -> unlimited)",
  ],
  [
    'publish: [a], times: { location: UTC, ranges: [{ start: "08:00:00", end: "09:00:00" }] }',
    'publish: [a], times: { location: UTC, ranges: [{ start: "08:00:00", end: "10:00:00" }] }',
    "> publish a (times 08:00:00-09:00:00 UTC -> 08:00:00-10:00:00 UTC)",
  ],
  ["publish: [a.>], deny_publish: [a.s]", "publish: [a.>]", "> publish a.> (deny a.s -> none)"],
  ["publish: [a.>]", "publish: [a.>], deny_publish: [a.s]", "< publish a.> (deny none -> a.s)"],
  ["publish: [a], inbox: shared", "publish: [a]", "- subscribe _INBOX.>"],
  [
    "publish: [a], tags: [team:red]",
    "publish: [a], tags: [team:red, team:blue]",
    "> publish a (tags team:red -> team:red team:blue)",
  ],
  ['publish: [a], tags: ["team:{t}"]', "publish: [a]", "< publish a (tags team:acme -> none)"],
  ['publish: [a], tags: ["team:{t}"]', "publish: [a], tags: [team:acme]"],
  [
    "publish: [a]",
    "publish: [a], allow_reserved: true, respond: { any_subject: true }",
    "+ answer >",
  ],
  [
    "publish: [a], allow_reserved: true, respond: { any_subject: true, max: 9, ttl: 5s }",
    "publish: [a], allow_reserved: true, respond: { any_subject: true, max: 2, ttl: 9s }",
    "> answer > (answers 9 within 5s -> 2 within 9s)",
    "< answer > (answers 9 within 5s -> 2 within 9s)",
  ],
];

for (const [old, now, ...changes] of TABLE) {
  test(`${old} | ${now}`, () => {
    const diff = diffIdentity(role(old).policy, role(now).policy, WHO, NOW_S);
    assert.deepEqual(said(diff), changes);
    assert.equal(
      widens(diff),
      changes.some((change) => /^[+>]/.test(change)),
    );
  });
}

test("who was refused and is granted, and the reverse, is told with its code", () => {
  const none = opened("rules: []");
  const some = role("publish: [a]");
  const up = diffIdentity(none.policy, some.policy, WHO, NOW_S);
  assert.deepEqual(
    [up.before, up.after, said(up)],
    ["no_rule_matched", "granted", ["+ publish a"]],
  );
  assert.deepEqual(up.reached, ["rule r", "role x"]);
  const down = diffIdentity(some.policy, none.policy, WHO, NOW_S);
  assert.deepEqual([down.before, down.after], ["granted", "no_rule_matched"]);
  assert.ok(!widens(down));
});

test("a role in another account is gained there and lost here, and admin rights count", () => {
  const rule = (fields: string) =>
    opened(`rules: [{ name: r, issuer: corp, scopes: [s], ${fields} }]
admin_roles: { ops: { accounts: [A], can: [revoke] } }`);
  const a = rule("grant: { account: A, publish: [a] }");
  const b = rule("grant: { account: A, publish: [a] }, admin: [ops]");
  assert.deepEqual(said(diffIdentity(a.policy, b.policy, WHO, NOW_S)), ["+ administer revoke"]);
  const moved = opened(
    "rules: [{ name: r, issuer: corp, scopes: [s], grant: { account: B, publish: [a] } }]",
  );
  const diff = diffIdentity(a.policy, moved.policy, WHO, NOW_S);
  assert.deepEqual(
    diff.gained.map(({ account }) => account),
    ["B"],
  );
  assert.deepEqual(
    diff.lost.map(({ account }) => account),
    ["A"],
  );
});

test("what was added, removed and changed is named", () => {
  const old = opened(`roles: { x: { account: A, publish: [a] }, y: { account: A, publish: [a] } }
rules: [{ name: r, issuer: corp, roles: [x] }]`);
  const now = opened(`roles: { x: { account: A, publish: [b] } }
rules: [{ name: r, issuer: corp, roles: [x] }, { name: s, issuer: corp, scopes: [t], roles: [x] }]`);
  assert.deepEqual(textDiff(old, now), {
    added: ["rule s"],
    removed: ["role y"],
    changed: ["role x"],
  });
});

test("a set or a stream is part of what names it, also of an inline grant, and of nothing else", () => {
  const policy = (set: string, stream: string) =>
    opened(`subject_sets: { z: [${set}], unused: [${set}] }
streams: { S: [${stream}] }
roles: { y: { account: A, publish: [{ set: z }] }, n: { account: A, publish: [n] } }
rules:
  - { name: set, issuer: corp, scopes: [s], grant: { account: A, publish: [{ set: z }] } }
  - { name: stream, issuer: corp, scopes: [s], grant: { account: A, jetstream: [{ publish_to: { stream: S } }] } }
  - { name: neither, issuer: corp, scopes: [s], roles: [n] }`);
  const old = policy("a.b", "b.c");
  const changed = (set: string, stream: string) => textDiff(old, policy(set, stream)).changed;
  assert.deepEqual(changed("a.b", "b.c"), []);
  assert.deepEqual(changed("a.>", "b.c"), ["rule set", "role y"]);
  assert.deepEqual(changed("a.b", "b.>"), ["rule stream"]);
});

test("what a change gives administrators is told without any case: by a role, a rule, or who fits it", () => {
  const policy = (can: string, rule = "name: ops, issuer: corp, scopes: [s], admin: [x]") =>
    opened(`admin_roles: { x: { accounts: [A], can: [${can}] }, y: { accounts: [B], can: [approve] } }
rules: [{ ${rule} }]`);
  const old = policy("revoke");
  const gains = (now: typeof old) =>
    adminGains(old, now).map(({ rule, account, can }) => `${rule}: ${can} in ${account}`);
  assert.deepEqual(gains(old), []);
  assert.deepEqual(gains(policy("revoke, journal")), ["ops: journal in A"]);
  assert.deepEqual(textDiff(old, policy("revoke, journal")).changed, ["admin role x"]);
  const renamed = policy("revoke", "name: new, issuer: corp, scopes: [s, t], admin: [x]");
  assert.deepEqual(gains(renamed), []);
  const more = policy("revoke", "name: ops, issuer: corp, scopes: [s], admin: [x, y]");
  assert.deepEqual(gains(more), ["ops: approve in B"]);
  const anybody = policy("revoke", "name: ops, issuer: corp, admin: [x]");
  assert.deepEqual(gains(anybody), ["ops: revoke in A"]);
  assert.deepEqual(adminGains(policy("revoke, journal"), old), []);
});

const OLD = opened(`rules:
  - { name: by scope, issuer: corp, scopes: [s], grant: { account: A, publish: ["o.{t}"] } }
  - { name: by subject, issuer: corp, subject: alice, grant: { account: A, publish: [alice] } }`);
const MATCHED = [{ rule: "by scope" }, { rule: "by subject" }];
const MISSED = [{ rule: "by scope", missed: "scopes" }, { rule: "by subject" }];
const alice = { issuer: "corp", kind: "user", subject: "alice", digest: "d" };
const journaled = (now: string, trace?: typeof MATCHED, policy = OLD.policy.digest) => {
  const who = { ...alice, ...(trace && { trace, policy }) };
  const { sure, unsure, traced } = diffJournaled(OLD, opened(`rules:\n${now}`))(who);
  return { sure: said(sure), unsure: said(unsure), traced };
};
const SUBJECT =
  "  - { name: by subject, issuer: corp, subject: alice, grant: { account: A, publish: [alice] } }\n";
const SCOPE = (rest: string) =>
  `  - { name: by scope, issuer: corp, scopes: [s], grant: { account: A, ${rest} } }\n`;
const NOTHING = { sure: [], unsure: [] };

test("of a rule that stays as it is, the trace tells whether it matches: its roles are compared", () => {
  const wider = SUBJECT + SCOPE('publish: ["o.{t}", p]');
  assert.deepEqual(journaled(wider, MATCHED), { sure: ["+ publish p"], unsure: [], traced: true });
  assert.deepEqual(journaled(wider, MISSED), { ...NOTHING, traced: true });
  const slot = SUBJECT + SCOPE("publish: [o.>]");
  assert.deepEqual(journaled(slot, MATCHED).sure, ["+ publish o.>"]);
});

test("a rule that was taken away is lost to those that it matched, and to nobody else", () => {
  assert.deepEqual(journaled(SUBJECT, MATCHED), {
    sure: ["- publish o.{t}"],
    unsure: [],
    traced: true,
  });
  assert.deepEqual(journaled(SUBJECT, MISSED), { ...NOTHING, traced: true });
});

test("a rule by issuer, kind and subject alone needs no claims", () => {
  const more = `${SUBJECT + SCOPE('publish: ["o.{t}"]')}  - { name: n, issuer: corp, subject: SUB, grant: { account: A, publish: [n] } }\n`;
  assert.deepEqual(journaled(more.replace("SUB", "alice"), MISSED).sure, ["+ publish n"]);
  assert.deepEqual(journaled(more.replace("SUB", "bob"), MISSED), { ...NOTHING, traced: true });
  assert.deepEqual(journaled(more.replace("SUB", "alice")).sure, ["+ publish n"]);
});

test("a narrower rule than one that was missed is missed, a wider one than one that matched matches", () => {
  const narrower = `${SUBJECT}  - { name: by scope, issuer: corp, scopes: [s, t], grant: { account: A, publish: ["o.{t}", p] } }\n`;
  assert.deepEqual(journaled(narrower, MISSED), { ...NOTHING, traced: true });
  const wider = `${SUBJECT}  - { name: by scope, issuer: corp, any_scope: [s, t], grant: { account: A, publish: ["o.{t}", p] } }\n`;
  assert.deepEqual(journaled(wider, MATCHED).sure, ["+ publish p"]);
});

test("what depends on claims that nobody kept is unsure, and never told as certain", () => {
  const other = `${SUBJECT + SCOPE('publish: ["o.{t}"]')}  - { name: n, issuer: corp, claims: { team: x }, grant: { account: A, publish: [n] } }\n`;
  assert.deepEqual(journaled(other, MATCHED), { sure: [], unsure: ["+ publish n"], traced: true });
  const changed = `${SUBJECT}  - { name: by scope, issuer: corp, scopes: [s, t], grant: { account: A, publish: ["o.{t}"] } }\n`;
  assert.deepEqual(journaled(changed, MATCHED), {
    sure: [],
    unsure: ["- publish o.{t}"],
    traced: true,
  });
});

test("without a trace of the old policy, an unchanged rule changes nothing, and a changed one possibly", () => {
  const same = SUBJECT + SCOPE('publish: ["o.{t}"]');
  assert.deepEqual(journaled(same, MATCHED, "0".repeat(64)), { ...NOTHING, traced: false });
  const wider = SUBJECT + SCOPE('publish: ["o.{t}", p]');
  assert.deepEqual(journaled(wider), { sure: [], unsure: ["+ publish p"], traced: false });
});
