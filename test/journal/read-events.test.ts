import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type EventQuery, readEvents, type StoredEvent } from "../../src/journal/index.ts";
import { collect, issued, NOON_MS, open, requestIds, segmentsOf, tempDir } from "./support.ts";

const HOUR_MS = 3_600_000;
const decisions = (event: StoredEvent) => event.type === "credential.issued";

/** A journal in several segments, an hour between its events. */
async function written(t: TestContext) {
  const dir = await tempDir(t);
  let now_ms = NOON_MS;
  const journal = await open(t, dir, { segment_bytes: 4096, now: () => now_ms });
  for (let i = 1; i <= 20; i++) {
    await journal.record(issued(`r${i}`));
    now_ms += HOUR_MS;
  }
  const folder = join(dir, "main");
  return { folder, names: await segmentsOf(folder), last_seq: journal.stats().last_seq };
}

async function read(folder: string, query: Partial<EventQuery>) {
  const faults: string[] = [];
  let reached_seq = 0;
  const heard = {
    fault: (sentence: string) => void faults.push(sentence),
    reached: (seq: number) => {
      reached_seq = Math.max(reached_seq, seq);
    },
  };
  const events = await collect(readEvents(folder, { fits: decisions, ...query }, heard));
  return { ids: requestIds(events), faults, reached_seq };
}

test("all events that fit are read in order, or the last of them", async (t) => {
  const { folder, last_seq, names } = await written(t);
  assert.ok(names.length >= 3);
  const all = Array.from({ length: 20 }, (_, i) => `r${i + 1}`);
  assert.deepEqual(await read(folder, {}), { ids: all, faults: [], reached_seq: last_seq });
  for (const last of [1, 7, 19, 20, 21, 1000]) {
    const found = await read(folder, { last });
    assert.deepEqual(found, { ids: all.slice(-last), faults: [], reached_seq: last_seq });
  }
  assert.deepEqual((await read(folder, { last: 3, fits: () => false })).ids, []);
});

test("segments from before the wanted time are not read, and nothing of that time is missed", async (t) => {
  const { folder, names } = await written(t);
  await writeFile(join(folder, names[0] ?? ""), "not read\n");
  const since_ms = NOON_MS + 12 * HOUR_MS;
  const { ids, faults } = await read(folder, { since_ms });
  assert.deepEqual(faults, []);
  assert.deepEqual(
    ids.slice(-8),
    Array.from({ length: 8 }, (_, i) => `r${i + 13}`),
  );
});

test("a fault is told with its place, and what follows is read", async (t) => {
  const { folder, names } = await written(t);
  const path = join(folder, names[1] ?? "");
  const lines = (await readFile(path, "utf8")).split("\n");
  await writeFile(path, lines.with(2, "x").join("\n"));
  const { ids, faults } = await read(folder, {});
  assert.equal(ids.length, 19);
  assert.match(faults[0] ?? "", /:3: is not JSON/);
});

test("a segment that is removed while others are read is passed over", async (t) => {
  const { folder, names } = await written(t);
  const heard = { fault: assert.fail, reached: () => {} };
  const events = readEvents(folder, { fits: decisions }, heard);
  const first = await events.next();
  await rm(join(folder, names[1] ?? ""));
  const rest = await collect(events);
  assert.ok(!first.done && rest.length > 5 && rest.length < 19);
});
