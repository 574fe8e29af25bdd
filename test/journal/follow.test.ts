import assert from "node:assert/strict";
import { appendFile, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { seal } from "../../src/journal/chain.ts";
import {
  changesIn,
  type Followed,
  followJournal,
  type StoredEvent,
} from "../../src/journal/index.ts";
import { faultyDisk, issued, linesOf, open, requestIds, segmentsOf, tempDir } from "./support.ts";

/** Follows a folder; `take(n)` resolves with the next events, and what was said between them. */
function follower(t: TestContext, folder: string, from_seq = 1) {
  const ending = new AbortController();
  const steps = followJournal(folder, from_seq, changesIn([folder], ending.signal));
  t.after(() => {
    ending.abort();
    return steps.return(undefined);
  });
  const notices: string[] = [];
  const take = async (count: number): Promise<StoredEvent[]> => {
    const events: StoredEvent[] = [];
    while (events.length < count) {
      const { value } = (await steps.next()) as IteratorResult<Followed, undefined>;
      assert.ok(value, "it ended");
      if (value.kind === "notice") notices.push(value.sentence);
      else events.push(value.event);
    }
    return events;
  };
  return { take, notices, ending, steps };
}

test("a follower gets what is there, then each event as it comes, across segments", async (t) => {
  const dir = await tempDir(t);
  const folder = join(dir, "main");
  const journal = await open(t, dir, { segment_bytes: 4096 });
  await journal.record(issued("r0"));
  const { take, notices } = follower(t, folder);
  const seen = await take(2);
  for (let i = 1; i <= 30; i++) {
    await journal.record(issued(`r${i}`));
    if (i % 3 === 0) seen.push(...(await take(journal.stats().last_seq - seen.length)));
  }
  assert.ok((await segmentsOf(folder)).length > 3);
  assert.deepEqual(seen, await linesOf(folder));
  assert.deepEqual(notices, []);
});

test("a follower begins at a sequence, and ends when it is told to", async (t) => {
  const dir = await tempDir(t);
  const journal = await open(t, dir, { segment_bytes: 4096 });
  for (let i = 1; i <= 20; i++) await journal.record(issued(`r${i}`));
  const { last_seq } = journal.stats();
  const { take, ending, steps } = follower(t, join(dir, "main"), last_seq - 1);
  assert.deepEqual(
    (await take(2)).map(({ seq }) => seq),
    [last_seq - 1, last_seq],
  );
  const next = steps.next();
  ending.abort();
  assert.deepEqual(await next, { done: true, value: undefined });
});

test("half a line is not an event until its other half is there", async (t) => {
  const dir = await tempDir(t);
  const journal = await open(t, dir);
  await journal.close();
  const path = join(dir, "main", (await segmentsOf(join(dir, "main")))[0] ?? "");
  const head = { seq: 1, hash: journal.stats().last_hash };
  const { line } = seal(
    { at: "2030-01-01T12:00:00.000Z", type: "x", body: '"request_id":"a"' },
    "main",
    head,
  );
  const { take } = follower(t, join(dir, "main"));
  await take(1);
  await appendFile(path, line.slice(0, 50));
  const next = take(1);
  await appendFile(path, `${line.slice(50)}\n`);
  assert.deepEqual(requestIds(await next), ["a"]);
});

test("what a failed write took back is told, and what stands there instead is shown", async (t) => {
  const dir = await tempDir(t);
  const folder = join(dir, "main");
  const { disk, fail } = faultyDisk();
  const journal = await open(t, dir, { disk });
  await journal.record(issued("a"));
  const path = join(folder, (await segmentsOf(folder))[0] ?? "");
  const { take, notices } = follower(t, folder);
  await take(2);

  // Seen by the follower before the flush fails and the journal takes it back.
  const { seq, hash } = { seq: 2, hash: journal.stats().last_hash };
  const at = "2030-01-01T12:00:00.000Z";
  const kept = (await readFile(path)).length;
  const gone = seal({ at, type: "x", body: '"request_id":"gone"' }, "main", { seq, hash });
  await appendFile(path, `${gone.line}\n`);
  assert.deepEqual(requestIds(await take(1)), ["gone"]);
  await truncate(path, kept);
  fail("write", "ENOSPC");
  await assert.rejects(journal.record(issued("refused")));
  await journal.record(issued("b"));
  assert.deepEqual(requestIds(await take(1)), ["b"]);
  await journal.record(issued("c"));
  assert.deepEqual(requestIds(await take(1)), ["c"]);
  assert.equal(notices.length, 1);
  assert.match(notices[0] ?? "", /a write had failed/);
});

test("events that were removed before they were read are told", async (t) => {
  const dir = await tempDir(t);
  const folder = join(dir, "main");
  const journal = await open(t, dir, { segment_bytes: 4096 });
  for (let i = 1; i <= 20; i++) await journal.record(issued(`r${i}`));
  const names = await segmentsOf(folder);
  const { take, notices } = follower(t, folder);
  await take(1);
  await rm(join(folder, names[1] ?? ""));
  const first_after = Number.parseInt(names[2] ?? "", 10);
  const count =
    Number.parseInt(names[1] ?? "", 10) - 2 + (journal.stats().last_seq - first_after + 1);
  const seen = await take(count);
  assert.ok(seen.some(({ seq }) => seq === first_after));
  assert.match(notices[0] ?? "", /^events \d+ to \d+ were removed before they were read$/);
});

test("a line that is no event is told, and does not stop it", async (t) => {
  const dir = await tempDir(t);
  const folder = join(dir, "main");
  const journal = await open(t, dir);
  await journal.record(issued("a"));
  await journal.close();
  const path = join(folder, (await segmentsOf(folder))[0] ?? "");
  const { line } = seal({ at: "2030-01-01T12:00:00.000Z", type: "x", body: "" }, "main", {
    seq: 2,
    hash: journal.stats().last_hash,
  });
  await writeFile(path, `${await readFile(path, "utf8")}garbage\n${line}\n`);
  const { take, notices } = follower(t, folder);
  assert.deepEqual(
    (await take(3)).map(({ seq }) => seq),
    [1, 2, 3],
  );
  assert.match(notices[0] ?? "", /a line is not an event/);
});
