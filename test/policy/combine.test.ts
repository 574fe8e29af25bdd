import assert from "node:assert/strict";
import { test } from "node:test";
import { decide } from "../../src/policy/index.ts";
import { granted, INBOX, identityOf, NOW_S, who, withRoles } from "./support.ts";

test("conditions intersect, limits and ttl take the least", () => {
  const policy = withRoles({
    a: `account: ORDERS, publish: [a], connection_types: [STANDARD], source_networks: [10.0.0.0/8, 2001:db8::/32],
      limits: { subscriptions: 10, payload_bytes: 5 }, ttl: 10m,
      times: { location: UTC, ranges: [{ start: 08:00:00, end: 12:00:00 }, { start: 13:00:00, end: 18:00:00 }] }`,
    b: `account: ORDERS, publish: [b], source_networks: [10.1.0.0/16, 2001::/16, 192.168.0.0/16],
      limits: { subscriptions: 20, data_bytes: 7 }, ttl: 5m,
      times: { location: UTC, ranges: [{ start: 11:00:00, end: 14:00:00 }] }`,
    c: "account: ORDERS, publish: [c], ttl: 2h",
  });
  const grant = granted(policy, who("a", "b", "c"));
  assert.deepEqual(grant.connection_types, ["STANDARD"]);
  assert.deepEqual(grant.source_networks, ["10.1.0.0/16", "2001:db8::/32"]);
  assert.deepEqual(grant.times, {
    location: "UTC",
    ranges: [
      { start: "11:00:00", end: "12:00:00" },
      { start: "13:00:00", end: "14:00:00" },
    ],
  });
  assert.deepEqual(grant.limits, { subscriptions: 10, payload_bytes: 5, data_bytes: 7 });
  assert.equal(grant.expires_at, NOW_S + 300);
});

test("where nothing is left in common the roles conflict, and the caller picks", () => {
  const time = (location: string, start: string, end: string) =>
    `times: { location: ${location}, ranges: [{ start: "${start}", end: "${end}" }] }`;
  const table: [field: string, a: string, b: string][] = [
    ["connection_types", "connection_types: [STANDARD]", "connection_types: [WEBSOCKET]"],
    ["source_networks", "source_networks: [10.0.0.0/8]", "source_networks: [11.0.0.0/8]"],
    ["source_networks", "source_networks: [0.0.0.0/0]", 'source_networks: ["::/0"]'],
    ["times", time("UTC", "08:00:00", "09:00:00"), time("UTC", "09:00:00", "10:00:00")],
    ["times", time("UTC", "08:00:00", "09:00:00"), time("Europe/Warsaw", "08:00:00", "09:00:00")],
    ["inbox", "inbox: _INBOX.a", "inbox: _INBOX.b"],
  ];
  for (const [field, a, b] of table) {
    const policy = withRoles({
      a: `account: ORDERS, publish: [a], ${a}`,
      b: `account: ORDERS, publish: [b], ${b}`,
    });
    const decision = decide(policy, who("a", "b"), {}, NOW_S);
    assert.ok(!decision.allow && decision.code === "roles_conflict", field);
    assert.deepEqual(decision.detail, { field, roles: ["a", "b"] });
    assert.deepEqual(granted(policy, who("a", "b"), { roles: ["b"] }).publish, ["b"]);
  }
});

test("the inboxes of all roles may be heard, and the least public that works is told", () => {
  const policy = withRoles({
    own: "account: ORDERS, publish: [a]",
    shared: "account: ORDERS, publish: [b], inbox: shared",
    named: "account: ORDERS, publish: [c], inbox: _INBOX.orders",
  });
  const inbox = (...scopes: string[]) => {
    const { inbox_prefix, subscribe } = granted(policy, who(...scopes));
    return { inbox_prefix, subscribe };
  };
  assert.deepEqual(inbox("own"), { inbox_prefix: INBOX, subscribe: [`${INBOX}.>`] });
  assert.deepEqual(inbox("shared"), { inbox_prefix: "_INBOX", subscribe: ["_INBOX.>"] });
  assert.deepEqual(inbox("named"), {
    inbox_prefix: "_INBOX.orders",
    subscribe: ["_INBOX.orders.>"],
  });
  assert.deepEqual(inbox("own", "shared"), {
    inbox_prefix: INBOX,
    subscribe: [`${INBOX}.>`, "_INBOX.>"],
  });
  assert.deepEqual(inbox("own", "named"), {
    inbox_prefix: "_INBOX.orders",
    subscribe: [`${INBOX}.>`, "_INBOX.orders.>"],
  });
  assert.deepEqual(granted(policy, who("own", "shared"), { subscribe: [] }).subscribe, [
    `${INBOX}.>`,
  ]);
});

test("inboxes of identities differ by issuer, kind and subject", () => {
  const policy = withRoles({ r: "account: ORDERS, publish: [a]" });
  const prefix = (with_: object) =>
    granted(policy, identityOf({ scopes: ["r"], ...with_ })).inbox_prefix;
  const prefixes = [prefix({}), prefix({ subject: "bob" }), prefix({ kind: "client" })];
  assert.equal(new Set(prefixes).size, 3);
  for (const one of prefixes) assert.match(one, /^_INBOX\.[0-9a-f]{32}$/);
});

test("a queue role beside a plain one takes none of its queue groups away", () => {
  const policy = withRoles({
    all: "account: ORDERS, subscribe: [orders.>]",
    worker: 'account: ORDERS, subscribe: ["orders.new workers"]',
  });
  assert.deepEqual(granted(policy, who("all", "worker")).subscribe, [`${INBOX}.>`, "orders.>"]);
  assert.deepEqual(granted(policy, who("worker")).subscribe, [`${INBOX}.>`, "orders.new workers"]);
});
