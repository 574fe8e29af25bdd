import assert from "node:assert/strict";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { keysInUse, verifyJournal } from "../../src/journal/index.ts";
import {
  collect,
  faultyDisk,
  issued,
  linesOf,
  NOON_MS,
  open,
  refused,
  requestIds,
  segmentsOf,
  tempDir,
} from "./support.ts";

const ids = (count: number) => Array.from({ length: count }, (_, index) => `r${index}`);

test("many records at once share few flushes and make one chain", async (t) => {
  const dir = await tempDir(t);
  const faulty = faultyDisk();
  const journal = await open(t, dir, { disk: faulty.disk });
  const syncs = faulty.count("sync");
  await Promise.all(ids(500).map((id) => journal.record(issued(id))));
  assert.ok(faulty.count("sync") - syncs <= 2, `${faulty.count("sync") - syncs} flushes`);
  const [report] = await verifyJournal(dir);
  assert.deepEqual(report?.faults, []);
  assert.equal(report?.events, 501, "with the checkpoint that opens the segment");
  assert.equal(report?.last_hash, journal.stats().last_hash);
});

test("a line has the envelope first, then what was recorded", async (t) => {
  const dir = await tempDir(t);
  const journal = await open(t, dir);
  await journal.record(refused("r1"));
  const [opening, line] = await linesOf(join(dir, "main"));
  assert.equal(opening?.type, "journal.checkpoint");
  assert.equal(opening?.prev, "0".repeat(64));
  assert.ok(line);
  const { prev, ...rest } = line;
  assert.match(prev, /^[0-9a-f]{64}$/);
  assert.deepEqual(Object.keys(line).slice(0, 5), ["seq", "at", "writer", "type", "prev"]);
  assert.deepEqual(rest, {
    seq: 2,
    at: "2030-01-01T12:00:00.000Z",
    writer: "main",
    type: "credential.refused",
    door: "http",
    request_id: "r1",
    code: "token_expired",
  });
});

test("the chain goes on where the process before left it", async (t) => {
  const dir = await tempDir(t);
  for (const id of ids(3)) {
    const journal = await open(t, dir);
    await journal.record(issued(id));
    await journal.close();
  }
  const [report] = await verifyJournal(dir);
  assert.deepEqual([report?.faults, report?.last_seq, report?.segments], [[], 4, 1]);
});

test("only we can read the folder and its files", async (t) => {
  const dir = await tempDir(t);
  await open(t, dir);
  const mode = async (path: string) => (await stat(path)).mode & 0o777;
  assert.equal(await mode(join(dir, "main")), 0o700);
  assert.equal(await mode(join(dir, "main", "0000000000000001.jsonl")), 0o600);
});

test("a full segment is closed, and the next opens with what is remembered", async (t) => {
  const dir = await tempDir(t);
  const folds = [keysInUse({ max_ttl_s: 3600 })];
  const journal = await open(t, dir, { segment_bytes: 4096, folds });
  await journal.record(issued("own", { own_key: true }));
  for (const id of ids(30)) await journal.record(issued(id));
  const names = await segmentsOf(join(dir, "main"));
  assert.ok(names.length > 2, names.join());
  for (const name of names) assert.ok((await stat(join(dir, "main", name))).size <= 4096);
  const checkpoints = (await linesOf(join(dir, "main"))).filter(
    (event) => event.type === "journal.checkpoint",
  );
  assert.deepEqual(
    checkpoints.map(({ part, last, state }) => ({ part, last, state })),
    names.map((_, index) => ({
      part: 1,
      last: true,
      state: index === 0 ? {} : { keys_in_use: [["Uown", "d1", NOON_MS / 1000 + 4500]] },
    })),
  );
  const [report] = await verifyJournal(dir);
  assert.deepEqual(report?.faults, []);
});

test("keys in use survive a restart, from a checkpoint as well as from events", async (t) => {
  const dir = await tempDir(t);
  const now_s = NOON_MS / 1000;
  const before = await open(t, dir, {
    segment_bytes: 4096,
    folds: [keysInUse({ max_ttl_s: 3600 })],
  });
  await before.record(issued("old", { own_key: true, exp: now_s + 8000 }));
  for (const id of ids(20)) await before.record(issued(id));
  await before.record(issued("new", { own_key: true }));
  await before.close();

  // So much later that the segment which holds "old" itself is not read any more.
  const later_s = now_s + 4000;
  const keys = keysInUse({ max_ttl_s: 3600 });
  await open(t, dir, { folds: [keys], now: () => later_s * 1000 });
  for (const key of ["Uold", "Unew"]) {
    assert.equal(keys.claim(key, "d2", later_s + 900, later_s), false, key);
    assert.equal(keys.claim(key, "d1", later_s + 900, later_s), true, key);
  }
  assert.equal(keys.claim("Unew", "d2", later_s + 5000, now_s + 900 + 3600), false);
});

test("a start reads the newest segment and those younger than the longest lifetime", async (t) => {
  const dir = await tempDir(t);
  let now_ms = NOON_MS;
  const journal = await open(t, dir, { segment_bytes: 2048, now: () => now_ms });
  for (const id of ids(30)) {
    await journal.record(issued(id));
    now_ms += 300_000;
  }
  await journal.close();
  const seen: string[] = [];
  const watching = {
    name: "watching",
    apply: (event: object) => void ("request_id" in event && seen.push(String(event.request_id))),
    checkpoint: () => [],
    restore: () => {},
  };
  await open(t, dir, { folds: [watching], now: () => now_ms });
  assert.ok(seen.length >= 12 && seen.length < 20, `${seen.length} of 30, of which 12 are young`);
  assert.deepEqual(seen, ids(30).slice(-seen.length));
});

test("a checkpoint of something unknown refuses the start, for it would be forgotten", async (t) => {
  const dir = await tempDir(t);
  const folds = [keysInUse({ max_ttl_s: 3600 })];
  const journal = await open(t, dir, { segment_bytes: 1024, folds });
  for (const id of ids(9)) await journal.record(issued(id, { own_key: true }));
  await journal.close();
  const later = { now: () => NOON_MS + 3_600_000 };
  await assert.rejects(open(t, dir, later), /jsonl:1:1: holds "keys_in_use", which this version/);
});

test("replay gives the stored events from a sequence up to the head", async (t) => {
  const dir = await tempDir(t);
  const journal = await open(t, dir, { segment_bytes: 2048 });
  for (const id of ids(20)) await journal.record(issued(id));
  const all = await collect(journal.replay());
  assert.deepEqual(
    all.map(({ seq }) => seq),
    Array.from({ length: journal.stats().last_seq }, (_, index) => index + 1),
  );
  assert.deepEqual(requestIds(all), ids(20));
  assert.deepEqual(await collect(journal.replay(9)), all.slice(8));
  assert.deepEqual(await collect(journal.replay(all.length + 1)), []);
});

test("writers that share a dir have a folder and a chain each", async (t) => {
  const dir = await tempDir(t);
  const [a, b] = [await open(t, dir, { writer: "a" }), await open(t, dir, { writer: "b" })];
  await Promise.all([a.record(issued("1")), b.record(issued("1"))]);
  const reports = await verifyJournal(dir);
  assert.deepEqual(
    reports.map(({ writer, last_seq, faults }) => ({ writer, last_seq, faults })).sort(),
    ["a", "b"].map((writer) => ({ writer, last_seq: 2, faults: [] })),
  );
});

test("a writer that would not be a folder name is refused", async (t) => {
  const dir = await tempDir(t);
  for (const writer of ["", "../x", "A", "a".repeat(33)]) {
    await assert.rejects(open(t, dir, { writer }), { name: "JournalStartError" });
  }
});

test("a dir that is a file is refused with its name", async (t) => {
  const file = join(await tempDir(t), "file");
  await writeFile(file, "");
  await assert.rejects(open(t, file), /JournalStartError: The journal folder .*file\/main cannot/);
});

test("a segment that was never finished is forgotten", async (t) => {
  const dir = await tempDir(t);
  await mkdir(join(dir, "main"));
  await writeFile(join(dir, "main", "next.tmp"), '{"seq":1');
  const journal = await open(t, dir);
  await journal.record(issued("1"));
  assert.deepEqual((await readdir(join(dir, "main"))).sort(), [
    "0000000000000001.jsonl",
    "lock.sock",
  ]);
});
