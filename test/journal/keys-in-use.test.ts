import assert from "node:assert/strict";
import { test } from "node:test";
import { keysInUse, type StoredEvent } from "../../src/journal/index.ts";
import { issued, NOON_MS } from "./support.ts";

const stored = (event: ReturnType<typeof issued>): StoredEvent => ({
  seq: 1,
  at: new Date(NOON_MS).toISOString(),
  writer: "main",
  prev: "",
  ...event,
});

test("a key belongs to the identity that claimed it until the time is over", () => {
  const keys = keysInUse({ max_ttl_s: 60 });
  assert.equal(keys.claim("U1", "alice", 100, 10), true);
  assert.equal(keys.claim("U1", "bob", 200, 99), false);
  assert.equal(keys.claim("U1", "alice", 100, 99), true);
  assert.equal(keys.claim("U1", "bob", 200, 100), true);
  assert.equal(keys.claim("U1", "alice", 300, 150), false);
});

test("a later claim with an earlier end does not shorten the first", () => {
  const keys = keysInUse({ max_ttl_s: 60 });
  keys.claim("U1", "alice", 100, 10);
  keys.claim("U1", "alice", 50, 10);
  assert.equal(keys.claim("U1", "bob", 200, 60), false);
});

test("an issued credential for an own key holds it for max_ttl after its end", () => {
  const keys = keysInUse({ max_ttl_s: 60 });
  keys.apply(stored(issued("1", { own_key: true, user_public_key: "U1", exp: 100 })));
  keys.apply(stored(issued("2", { own_key: false, user_public_key: "U2", exp: 100 })));
  assert.equal(keys.claim("U1", "bob", 200, 159), false);
  assert.equal(keys.claim("U1", "bob", 200, 160), true);
  assert.equal(keys.claim("U2", "bob", 200, 10), true);
});

test("a table full of live keys takes those it knows and refuses new ones until one expires", () => {
  const keys = keysInUse({ max_ttl_s: 60, limit_keys: 3 });
  for (const [index, key] of ["U1", "U2", "U3"].entries()) keys.claim(key, key, 100 + index, 1);
  assert.throws(() => keys.claim("U4", "dave", 100, 50), { code: "overloaded" });
  assert.equal(keys.claim("U3", "U3", 300, 50), true);
  assert.equal(keys.claim("U4", "dave", 400, 100), true, "U1 has expired");
  assert.throws(() => keys.claim("U5", "erin", 400, 100), { code: "overloaded" });
  assert.equal(keys.claim("U5", "erin", 400, 101), true, "U2 has expired");
});

test("one identity takes a tenth of the room at most, and the others find theirs", () => {
  const keys = keysInUse({ max_ttl_s: 60, limit_keys: 30 });
  for (const key of ["U1", "U2", "U3"]) assert.equal(keys.claim(key, "alice", 100, 1), true);
  assert.throws(() => keys.claim("U4", "alice", 100, 1), { code: "overloaded" });
  assert.equal(keys.claim("U2", "alice", 200, 1), true, "what it has it keeps");
  assert.equal(keys.claim("U4", "bob", 100, 1), true);
  assert.equal(keys.claim("U5", "alice", 200, 100), true, "U1 has expired");
  assert.equal(keys.claim("U6", "alice", 200, 100), true, "U3, too");
  assert.throws(() => keys.claim("U7", "alice", 200, 100), { code: "overloaded" });
  assert.equal(keys.size(), 3, "U2, U5 and U6");
});

test("looking for room in a full table costs little for each refused key", () => {
  const limit_keys = 50_000;
  const keys = keysInUse({ max_ttl_s: 60, limit_keys });
  for (let i = 0; i < limit_keys; i++) keys.claim(`U${i}`, `alice${i % 20}`, 1000 + i, 1);
  const began = performance.now();
  for (let i = 0; i < 20_000; i++) {
    assert.throws(() => keys.claim(`V${i}`, "bob", 2000, 2), { code: "overloaded" });
  }
  // A search each time would be a thousand million steps.
  assert.ok(performance.now() - began < 5000);
});

test("a checkpoint has the live keys only, and restores them", () => {
  const keys = keysInUse({ max_ttl_s: 60 });
  keys.claim("U1", "alice", 100, 1);
  keys.claim("U2", "bob", 200, 1);
  const entries = [...keys.checkpoint(150)];
  assert.deepEqual(entries, [["U2", "bob", 200]]);
  const again = keysInUse({ max_ttl_s: 60 });
  again.restore(JSON.parse(JSON.stringify(entries)) as unknown[]);
  assert.equal(again.claim("U2", "alice", 300, 150), false);
  assert.throws(() => again.restore([["U2", "bob", "200"]]), /is not \[key/);
});

test("events restore more keys than a lowered limit would take", () => {
  const keys = keysInUse({ max_ttl_s: 60, limit_keys: 1 });
  for (const id of ["1", "2"]) keys.apply(stored(issued(id, { own_key: true, exp: 100 })));
  assert.equal(keys.claim("U2", "other", 200, 100), false);
});
