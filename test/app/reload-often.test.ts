import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import type { InForce } from "../../src/app/in-force.ts";
import { reloading } from "../../src/app/reload.ts";
import type { Standing } from "../../src/app/standing.ts";

test("reloads that are asked for while one waits are served by that one", async () => {
  let reads = 0;
  const first = { loaded: { config: { max_ttl_s: 60 } } } as InForce; // as far as it is looked at
  const standing = {
    metrics: { add() {} },
    trust: { put() {} },
    effects: { log: pino({ enabled: false }) },
  } as unknown as Standing; // the same
  const read = async () => {
    reads++;
    return { refused: new Error("what is written has a fault"), seen: [] };
  };
  const { reload } = reloading(first, standing, { seen: [], read }, () => {});
  const before = reload("a test");
  const during = Array.from({ length: 50 }, () => reload("a test"));
  await Promise.all([before, ...during]);
  assert.equal(reads, 1);
  await reload("a test, again");
  assert.equal(reads, 2);
});
