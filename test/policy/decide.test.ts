import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, type Narrowing } from "../../src/policy/index.ts";
import { granted, INBOX, identityOf, NOW_S, outcome, policyOf, who, withRoles } from "./support.ts";

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
