import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "./support.ts";

const POLICY = `roles:
  worker: { account: ORDERS, subscribe: ["orders.new workers"], publish: [orders.done.*], ttl: 10m }
  stars: { account: ORDERS, subscribe: [orders.*, a.>], publish: [x.>], deny_publish: [x.secret.>] }
rules:
  - { name: workers, issuer: corp, scopes: [work], roles: [worker] }
  - { name: stars, issuer: corp, scopes: [stars], roles: [stars] }
  - { name: own, issuer: corp, scopes: [own], grant: { account: ORDERS, publish: ["own.{sub}"] } }`;
const WORKER = "issuer: corp, claims: { sub: a, scope: work }";
const STARS = "issuer: corp, claims: { sub: a, scope: stars }";

/** What differs, by the case that says it. */
const TABLE: readonly (readonly [line: string, ...differs: string[]])[] = [
  [
    `${WORKER}, granted: { account: ORDERS, roles: [worker], ttl: 10m, publish: [orders.done.*], subscribe: [orders.new workers] }`,
  ],
  [`${WORKER}, granted: { ttl: 600s }`],
  [`${WORKER}, granted: { ttl: 5m }`, "expected ttl: 5m, but it is 10m"],
  [`${WORKER}, granted: { ttl: 1h }`, "expected ttl: 1h, but it is 600s"],
  [`${WORKER}, granted: { account: BILLS }`, "expected account: BILLS, but it is ORDERS"],
  [
    `${WORKER}, granted: { roles: [boss] }`,
    "expected roles to have boss, but it has not",
    "expected roles without worker, but it is there",
  ],
  [
    `${WORKER}, granted: { publish: [] }`,
    "expected publish without orders.done.*, but it is there",
  ],
  [
    `${WORKER}, refused: no_rule_matched`,
    "expected refused: no_rule_matched, but granted roles worker",
  ],
  [`${WORKER}, kind: client, granted: {}`, "expected kind: client, but it is user"],
  [`${WORKER}, request: { account: BILLS }, refused: account_not_granted`],
  [
    `${WORKER}, request: { ttl: 1m, publish: [orders.done.x] }, granted: { ttl: 1m, publish: [orders.done.x] }`,
  ],
  [
    "issuer: corp, claims: { sub: a }, granted: {}",
    "expected a credential, but refused with no_rule_matched: workers missed on scopes; stars missed on scopes; own missed on scopes",
  ],
  [
    "issuer: corp, claims: { sub: a }, refused: roles_conflict",
    "expected refused: roles_conflict, but it is no_rule_matched: workers missed on scopes; stars missed on scopes; own missed on scopes",
  ],
  [
    "issuer: corp, claims: { sub: a.b, scope: own }, refused: no_rule_matched, missed: { own: claims.sub cannot fill a subject }",
  ],
  [
    `${WORKER}, missed: { workers: scopes, none: kind, stars: kind }`,
    "expected workers to have missed on scopes, but it matched",
    "expected none to have missed, but there is no such rule",
    "expected stars to have missed on kind, but it missed on scopes",
  ],
];

for (const [line, ...differs] of TABLE) {
  test(`${differs.length === 0 ? "passes" : "differs"}: ${line}`, () => {
    assert.deepEqual(run(POLICY, line).differs, differs);
  });
}

const MAY: readonly (readonly [who: string, yes: string, no: string])[] = [
  [WORKER, "may: { publish: [orders.done.a, orders.done.*] }", "may: { publish: [orders.done.>] }"],
  [WORKER, "may: { subscribe: [orders.new workers] }", "may: { subscribe: [orders.new] }"],
  [WORKER, "may_not: { publish: [orders.done] }", "may_not: { publish: [orders.>] }"],
  // A plain subject asks about listening without a group; a group about that group.
  [WORKER, "may_not: { subscribe: [orders.new] }", "may_not: { subscribe: [orders.new workers] }"],
  [WORKER, "may_not: { subscribe: [orders.new audit] }", "may_not: { subscribe: [orders.new >] }"],
  // nats-server would let orders.* subscribe to orders.>, but for the deny that the grant carries.
  [STARS, "may_not: { subscribe: [orders.a.b] }", "may_not: { subscribe: [orders.a] }"],
  [STARS, "may: { subscribe: [orders.a, orders.*, a.b.>] }", "may: { subscribe: [orders.>] }"],
  [STARS, "may: { publish: [x.open] }", "may: { publish: [x.>] }"],
  [STARS, "may_not: { publish: [x.secret.a, x.secret.>] }", "may_not: { publish: [x.*] }"],
];

test("a queue form beside a plain subject keeps other groups out, and a deny of a part is seen", () => {
  const policy = `rules:
  - { name: r, issuer: corp, scopes: [work], grant: { account: ORDERS, subscribe: [p.new.*, "p.*.eu workers"],
      publish: [o.*.x], deny_publish: [o.secret.*] } }`;
  const differs = (asked: string) => run(policy, `${WORKER}, ${asked}`).differs.length;
  assert.equal(differs("may: { subscribe: [p.new.eu audit] }"), 1);
  assert.equal(differs("may: { subscribe: [p.new.eu, p.new.eu workers, p.new.us audit] }"), 0);
  assert.equal(differs("may_not: { publish: [o.secret.>] }"), 0);
  assert.equal(differs("may_not: { publish: [o.>] }"), 1);
});

for (const [who, yes, no] of MAY) {
  test(`holds: ${yes}; does not: ${no}`, () => {
    assert.deepEqual(run(POLICY, `${who}, ${yes}`).differs, []);
    assert.equal(run(POLICY, `${who}, ${no}`).differs.length, 1);
  });
}

test("a role whose answers go anywhere publishes anywhere", () => {
  const policy = `rules:
  - { name: r, issuer: corp, scopes: [work], grant: { account: ORDERS, subscribe: [a], respond: { any_subject: true }, allow_reserved: true } }`;
  assert.equal(run(policy, `${WORKER}, may_not: { publish: [z] }`).differs.length, 1);
});
