import assert from "node:assert/strict";
import { test } from "node:test";
import { bucket } from "../../src/config/index.ts";
import { rateLimiter } from "../../src/limits/index.ts";
import { fc } from "../support/fc.ts";

const START_MS = 1_800_000_000_000;
const taken = (admission: ReturnType<ReturnType<typeof rateLimiter>["take"]>) =>
  admission !== "full" && admission.ok;

test("a whole interval's worth may come at once, and then one for each part of the interval", () => {
  const limiter = rateLimiter(bucket("60/m"), 10);
  const burst = Array.from({ length: 61 }, () => taken(limiter.take("a", START_MS)));
  assert.equal(burst.filter(Boolean).length, 60);
  assert.deepEqual(limiter.take("a", START_MS), { ok: false, retry_after_s: 1 });
  assert.equal(taken(limiter.take("a", START_MS + 999)), false);
  assert.equal(taken(limiter.take("a", START_MS + 1_000)), true);
  assert.equal(taken(limiter.take("a", START_MS + 1_000)), false);
});

test("keys do not share a bucket", () => {
  const limiter = rateLimiter(bucket("1/m"), 10);
  assert.equal(taken(limiter.take("a", START_MS)), true);
  assert.equal(taken(limiter.take("b", START_MS)), true);
  assert.equal(taken(limiter.take("a", START_MS)), false);
});

test("a full table tells new keys so, goes on with those it knows, and forgets none that count", () => {
  const limiter = rateLimiter(bucket("2/m"), 3);
  for (const key of ["a", "b", "c"]) assert.equal(taken(limiter.take(key, START_MS)), true);
  assert.equal(limiter.take("d", START_MS), "full");
  assert.equal(taken(limiter.take("a", START_MS)), true);
  assert.equal(taken(limiter.take("a", START_MS)), false);
  assert.equal(limiter.size(), 3);
});

test("keys that have come to rest make room", () => {
  const limiter = rateLimiter(bucket("2/m"), 3);
  for (const key of ["a", "b", "c"]) limiter.take(key, START_MS);
  assert.equal(taken(limiter.take("d", START_MS + 120_000)), true);
  assert.equal(limiter.size(), 1);
});

test("a clock that is set back locks nobody out for longer than the interval", () => {
  const limiter = rateLimiter(bucket("60/m"), 10);
  for (let i = 0; i < 60; i++) limiter.take("a", START_MS);
  const back_ms = START_MS - 86_400_000;
  const admission = limiter.take("a", back_ms);
  assert.ok(admission !== "full" && !admission.ok && admission.retry_after_s <= 60);
  assert.equal(taken(limiter.take("a", back_ms + 61_000)), true);
});

test("no more than burst and rate together ever pass, however the events fall", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3_000), { maxLength: 200 }), (gaps_ms) => {
      const limiter = rateLimiter(bucket("5/s"), 10);
      let now_ms = START_MS;
      let passed = 0;
      for (const gap_ms of gaps_ms) {
        now_ms += gap_ms;
        if (taken(limiter.take("a", now_ms))) passed++;
      }
      return passed <= 5 + ((now_ms - START_MS) / 1000) * 5;
    }),
  );
});
