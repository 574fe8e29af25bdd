import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { verifyJournal } from "../../src/journal/index.ts";
import { issued, linesOf, NOON_MS, open, segmentsOf, tempDir } from "./support.ts";

const DAY_MS = 86_400_000;

/** A journal with an event every six hours, and closed; about three in a segment. */
async function tenDays(t: TestContext, keep_s: number) {
  const dir = await tempDir(t);
  const clock = { ms: NOON_MS };
  const journal = await open(t, dir, { segment_bytes: 2048, keep_s, now: () => clock.ms });
  for (let i = 0; i < 40; i++) {
    await journal.record(issued(`r${i}`));
    clock.ms += DAY_MS / 4;
  }
  await journal.close();
  return { dir, folder: join(dir, "main"), clock };
}

test("segments older than keep go, and the chain that is left is whole", async (t) => {
  const { dir, folder, clock } = await tenDays(t, 3 * 86_400);
  const events = await linesOf(folder);
  const oldest = Date.parse(events[0]?.at ?? "");
  assert.ok(clock.ms - oldest > 3 * DAY_MS, "nothing younger was removed");
  assert.ok(clock.ms - oldest < 6 * DAY_MS, "what is older was removed");
  const [report] = await verifyJournal(dir);
  assert.deepEqual(report?.faults, []);
  assert.ok((report?.first_seq ?? 0) > 1);
  const pruned = events.filter((event) => event.type === "journal.pruned").at(-1);
  assert.equal(pruned?.last_seq, (report?.first_seq ?? 0) - 1);
  assert.equal(pruned?.last_hash, events[0]?.prev);
});

test("a start removes what became old while the service was down", async (t) => {
  const { dir, folder, clock } = await tenDays(t, 30 * 86_400);
  const before = (await segmentsOf(folder)).length;
  clock.ms += 60 * DAY_MS;
  const journal = await open(t, dir, { keep_s: 30 * 86_400, now: () => clock.ms });
  await journal.record(issued("after"));
  await journal.close();
  const after = await segmentsOf(folder);
  assert.ok(before > 5 && after.length === 1, `${before} before, ${after.length} after`);
  assert.deepEqual((await verifyJournal(dir))[0]?.faults, []);
});

test("what a start would read is kept, however short keep is", async (t) => {
  const { dir, folder, clock } = await tenDays(t, 30 * 86_400);
  const before = await segmentsOf(folder);
  const long = { keep_s: 1, max_ttl_s: 90 * 86_400, now: () => clock.ms };
  await (await open(t, dir, long)).close();
  assert.deepEqual(await segmentsOf(folder), before);
});

test("segments that went without a word are missing", async (t) => {
  const { dir, folder } = await tenDays(t, 30 * 86_400);
  await rm(join(folder, (await segmentsOf(folder))[0] ?? ""));
  const [report] = await verifyJournal(dir);
  assert.equal(report?.faults.length, 1);
  assert.match(report?.faults[0] ?? "", /jsonl:1: begins the chain, .* segments are missing/);
});
