import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, type Narrowing } from "../../src/policy/index.ts";
import { granted, INBOX, identityOf, NOW_S, outcome, policyOf } from "./support.ts";

/** A rule for each role, by a scope of the same name. */
const withRoles = (roles: Record<string, string>) =>
  policyOf(`version: 1
roles:
${Object.entries(roles)
  .map(([name, fields]) => `  ${name}: { ${fields} }`)
  .join("\n")}
rules:
${Object.keys(roles)
  .map((name) => `  - { name: by ${name}, issuer: corp, scopes: [${name}], roles: [${name}] }`)
  .join("\n")}
`);
const who = (...scopes: string[]) => identityOf({ scopes });

test("a role gives exactly what it says, its own inbox, and nothing else", () => {
  const policy = withRoles({
    worker: `account: ORDERS, subscribe: ["orders.new workers"], publish: [orders.done.>, orders.a], respond: true,
      connection_types: [WEBSOCKET], source_networks: [10.0.0.0/8], limits: { subscriptions: 5 }, ttl: 10m,
      times: { location: UTC, ranges: [{ start: 08:00:00, end: 18:00:00 }] }`,
  });
  assert.deepEqual(granted(policy, who("worker")), {
    account: "ORDERS",
    roles: ["worker"],
    publish: ["_INBOX.>", "orders.a", "orders.done.>"],
    subscribe: [`${INBOX}.>`, "orders.new workers"],
    connection_types: ["WEBSOCKET"],
    source_networks: ["10.0.0.0/8"],
    times: { location: "UTC", ranges: [{ start: "08:00:00", end: "18:00:00" }] },
    limits: { subscriptions: 5 },
    inbox_prefix: INBOX,
    expires_at: NOW_S + 600,
  });
});

test("what a role leaves out is the default: nothing to publish, both types, default_ttl", () => {
  const policy = withRoles({ r: "account: ORDERS, subscribe: [a]" });
  assert.deepEqual(granted(policy, who("r")), {
    account: "ORDERS",
    roles: ["r"],
    publish: [],
    subscribe: [`${INBOX}.>`, "a"],
    connection_types: ["STANDARD", "WEBSOCKET"],
    limits: {},
    inbox_prefix: INBOX,
    expires_at: NOW_S + 900,
  });
});

test("who matches no rule gets nothing, and the trace says why for each rule", () => {
  const policy = policyOf(`version: 1
rules:
  - { name: a, issuer: github, grant: { account: ORDERS, publish: [x] } }
  - { name: b, issuer: corp, claims: { ref: main }, grant: { account: ORDERS, publish: [x] } }
  - { name: c, issuer: corp, admin: [ops] }
admin_roles: { ops: { accounts: [ORDERS], can: [revoke] } }
`);
  assert.deepEqual(decide(policy, identityOf(), {}, NOW_S), {
    allow: false,
    code: "no_rule_matched",
    detail: {},
    trace: [{ rule: "a", missed: "issuer" }, { rule: "b", missed: "claims.ref" }, { rule: "c" }],
  });
  const all = decide(policy, identityOf({ issuer: "elsewhere" }), {}, NOW_S);
  assert.deepEqual(
    all.trace.map(({ missed }) => missed),
    ["issuer", "issuer", "issuer"],
  );
});

test("one decision leaves no mark on the next", () => {
  const policy = withRoles({ r: "account: ORDERS, publish: [a]" });
  const before = JSON.stringify(decide(policy, who("r"), {}, NOW_S));
  decide(policy, who(), {}, NOW_S);
  decide(policy, who("r"), { publish: [], roles: ["r"] }, NOW_S);
  assert.equal(JSON.stringify(decide(policy, who("r"), {}, NOW_S)), before);
});

test("roles add up in the order of the policy, each once, and an inline grant is a role", () => {
  const policy = policyOf(`version: 1
roles:
  a: { account: ORDERS, publish: [a, s] }
  b: { account: ORDERS, publish: [b, s] }
rules:
  - { name: "orders / readers", issuer: corp, grant: { account: ORDERS, subscribe: [orders.>] } }
  - { name: r1, issuer: corp, roles: [b, a] }
  - { name: r2, issuer: corp, roles: [a, a] }
`);
  const grant = granted(policy, identityOf());
  assert.deepEqual(grant.roles, ["a", "b", "orders-readers"]);
  assert.deepEqual(grant.publish, ["a", "b", "s"]);
  assert.deepEqual(granted(policy, identityOf(), { roles: ["orders-readers"] }).publish, []);
});

const TWO = withRoles({
  o1: "account: ORDERS, publish: [o1]",
  o2: "account: ORDERS, publish: [o2]",
  bill: "account: BILLING, publish: [b]",
});

test("the account is implied by the roles, asked for when it is not, and never guessed", () => {
  const all = who("o1", "o2", "bill");
  assert.equal(outcome(TWO, all), "account_required");
  assert.deepEqual(granted(TWO, all, { account: "BILLING" }).publish, ["b"]);
  assert.deepEqual(granted(TWO, all, { account: "ORDERS" }).roles, ["o1", "o2"]);
  assert.deepEqual(granted(TWO, all, { roles: ["bill"] }).account, "BILLING");
  assert.equal(outcome(TWO, all, { roles: ["bill", "o1"] }), "account_required");
  assert.equal(granted(TWO, who("o1")).account, "ORDERS");
});

test("unknown and not held are the same answer", () => {
  const same = (a: Narrowing, b: Narrowing, code: string) => {
    const [x, y] = [decide(TWO, who("o1"), a, NOW_S), decide(TWO, who("o1"), b, NOW_S)];
    assert.deepEqual(x, y);
    assert.equal(x.allow ? "" : x.code, code);
  };
  same({ account: "BILLING" }, { account: "NOWHERE" }, "account_not_granted");
  same({ roles: ["bill"] }, { roles: ["nothing"] }, "role_not_granted");
  same({ roles: ["o1", "o2"] }, { roles: ["o1", "__proto__"] }, "role_not_granted");
  same(
    { account: "ORDERS", roles: ["bill"] },
    { account: "ORDERS", roles: ["x"] },
    "role_not_granted",
  );
  same({ account: "" }, { account: "orders" }, "account_not_granted");
  assert.equal(
    outcome(TWO, who("o1", "bill"), { account: "ORDERS", roles: ["bill"] }),
    "role_not_granted",
  );
  assert.equal(
    outcome(TWO, who("o1"), { roles: [] }),
    "role_not_granted",
    "no roles are not all roles",
  );
});

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

const WIDE = withRoles({
  r: 'account: ORDERS, publish: [orders.>, audit.log], subscribe: [events.>, "jobs.> w.*"], respond: true',
});

test("a request narrows publish and subscribe to what one granted entry covers", () => {
  const narrowed = (request: Narrowing) => {
    const { publish, subscribe } = granted(WIDE, who("r"), request);
    return { publish, subscribe };
  };
  const all = {
    publish: ["_INBOX.>", "audit.log", "orders.>"],
    subscribe: [`${INBOX}.>`, "events.>", "jobs.> w.*"],
  };
  assert.deepEqual(narrowed({}), all);
  assert.deepEqual(narrowed({ publish: [] }), { ...all, publish: [] });
  assert.deepEqual(narrowed({ subscribe: [] }), { ...all, subscribe: [`${INBOX}.>`] });
  assert.deepEqual(narrowed({ publish: ["orders.new", "orders.new"] }), {
    ...all,
    publish: ["orders.new"],
  });
  assert.deepEqual(narrowed({ publish: ["orders.a", "_INBOX.>"] }), {
    ...all,
    publish: ["_INBOX.>", "orders.a"],
  });
  assert.deepEqual(narrowed({ publish: ["_INBOX.x.1"] }), { ...all, publish: ["_INBOX.x.1"] });
  assert.deepEqual(narrowed({ subscribe: ["events.a", "events.b q", "jobs.new w.eu"] }), {
    ...all,
    subscribe: [`${INBOX}.>`, "events.a", "events.b q", "jobs.new w.eu"],
  });
  assert.deepEqual(narrowed({ subscribe: [`${INBOX}.>`, `${INBOX}.a.b`, `${INBOX}.c q`] }), {
    ...all,
    subscribe: [`${INBOX}.>`],
  });
  assert.deepEqual(narrowed({ subscribe: ["events.>", "events.a q"] }), {
    ...all,
    subscribe: [`${INBOX}.>`, "events.>"],
  });
});

test("a request for more than one entry covers, or for no subject, is refused", () => {
  const publish = [
    ">",
    "orders",
    "*.new",
    "audit.*",
    "audit.log.x",
    "orders.new q",
    "",
    "orders..a",
    "orders.>.a",
    "orders.{a}",
    "orders.\n",
    " orders.a",
    "orders.é",
    "x".repeat(5000),
    "$SYS.a",
    "_INBOX",
  ];
  for (const one of publish)
    assert.equal(
      outcome(WIDE, who("r"), { publish: [one] }),
      "permission_not_granted",
      one.slice(0, 20),
    );
  const subscribe = [
    "jobs.new",
    "jobs.new w",
    "jobs.new w.>",
    "jobs.new x.eu",
    "jobs.>",
    "_INBOX.>",
    "_INBOX.*",
    "events.a b c",
    "events.a  b",
  ];
  for (const one of subscribe)
    assert.equal(outcome(WIDE, who("r"), { subscribe: [one] }), "permission_not_granted", one);
  const split = withRoles({ r: "account: ORDERS, publish: [a.x, a.y]" });
  assert.equal(outcome(split, who("r"), { publish: ["a.*"] }), "permission_not_granted");
  const decision = decide(WIDE, who("r"), { publish: ["orders.a", "no"] }, NOW_S);
  assert.deepEqual(decision.allow ? {} : decision.detail, { direction: "publish", index: 1 });
});

test("a list that is too long for any credential is refused before it is looked at", () => {
  const publish = Array.from({ length: 1001 }, (_, i) => `orders.${i}`);
  assert.equal(outcome(WIDE, who("r"), { publish }), "permissions_too_large");
});

test("a request of another form than its type is refused", () => {
  const requests: unknown[] = [
    null,
    5,
    "x",
    { account: 5 },
    { roles: "r" },
    { roles: [5] },
    { publish: "orders.a" },
    { publish: [null] },
    { subscribe: {} },
    { ttl_s: "60" },
    { ttl_s: 4 },
    { ttl_s: 5.5 },
    { ttl_s: Number.NaN },
    { ttl_s: -1 },
    { account: null },
  ];
  for (const request of requests) {
    assert.equal(outcome(WIDE, who("r"), request as Narrowing), "request_invalid"); // what no door lets through
  }
});

test("a queue role beside a plain one takes none of its queue groups away", () => {
  const policy = withRoles({
    all: "account: ORDERS, subscribe: [orders.>]",
    worker: 'account: ORDERS, subscribe: ["orders.new workers"]',
  });
  assert.deepEqual(granted(policy, who("all", "worker")).subscribe, [`${INBOX}.>`, "orders.>"]);
  assert.deepEqual(granted(policy, who("worker")).subscribe, [`${INBOX}.>`, "orders.new workers"]);
});

test("a credential ends at the earliest of request, roles, policy and access token", () => {
  const policy = withRoles({
    long: "account: ORDERS, publish: [a], ttl: 1d",
    short: "account: ORDERS, publish: [a], ttl: 1m",
  });
  const lifetime = (
    scope: string,
    request: Narrowing,
    left_s: number,
    token_kind: "access" | "identity" = "access",
  ) => {
    const identity = identityOf({ scopes: [scope], token_expires_at: NOW_S + left_s, token_kind });
    const grant = outcome(policy, identity, request);
    return typeof grant === "string" ? grant : grant.expires_at - NOW_S;
  };
  assert.equal(lifetime("long", {}, 100_000), 3600);
  assert.equal(lifetime("long", {}, 100), 100);
  assert.equal(lifetime("long", {}, 100, "identity"), 3600);
  assert.equal(lifetime("short", {}, 100), 60);
  assert.equal(lifetime("short", { ttl_s: 90 }, 100), 60);
  assert.equal(lifetime("short", { ttl_s: 5 }, 100), 5);
  assert.equal(lifetime("short", {}, 5), 5);
  assert.equal(lifetime("short", {}, 4), "token_expired");
  assert.equal(lifetime("short", {}, -10), "token_expired");
  assert.equal(lifetime("short", {}, Number.NaN), "token_expired");
  assert.equal(outcome(policy, who("short"), {}, Number.NaN), "token_expired");
});

test("no trace and no detail holds the value of a claim or a word of the request", () => {
  const policy = policyOf(`version: 1
rules:
  - { name: a, issuer: corp, claims: { x: y }, grant: { account: ORDERS, publish: [a] } }
  - { name: b, issuer: corp, grant: { account: ORDERS, publish: ["a.{x}"] } }
  - { name: c, issuer: corp, grant: { account: ORDERS, publish: [a] } }
`);
  const identity = identityOf({ claims: { x: "S3CRET.*" } });
  for (const request of [
    {},
    { account: "S3CRET" },
    { roles: ["S3CRET"] },
    { publish: ["S3CRET"] },
    { subscribe: ["S3 CRET"] },
  ]) {
    const decision = decide(policy, identity, request, NOW_S);
    assert.ok(!JSON.stringify(decision).includes("S3"), JSON.stringify(decision));
  }
});
