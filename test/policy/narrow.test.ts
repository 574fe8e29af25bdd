import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, type Narrowing } from "../../src/policy/index.ts";
import { granted, INBOX, NOW_S, outcome, who, withRoles } from "./support.ts";

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
