import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { FaultError } from "../../src/config/index.ts";
import { keysInUse, verifyJournal } from "../../src/journal/index.ts";
import { issued, linesOf, NOON_MS, open, requestIds, segmentsOf, tempDir } from "./support.ts";

const FIRST = "0000000000000001.jsonl";

/** A closed journal with so many events; the lines of its only segment. */
async function written(t: TestContext, count: number) {
  const dir = await tempDir(t);
  const journal = await open(t, dir);
  for (let i = 1; i <= count; i++) await journal.record(issued(`r${i}`));
  await journal.close();
  const path = join(dir, "main", FIRST);
  const bytes = await readFile(path);
  return { dir, path, bytes, lines: bytes.toString().trimEnd().split("\n") };
}

test("a tail torn at any byte is set aside, and the repair is journaled", async (t) => {
  const { dir, path, bytes, lines } = await written(t, 2);
  const begin = bytes.length - Buffer.byteLength(lines.at(-1) ?? "") - 1;
  for (let end = begin + 1; end < bytes.length; end++) {
    await writeFile(path, bytes.subarray(0, end));
    const journal = await open(t, dir);
    await journal.record(issued("after"));
    await journal.close();
    const events = await linesOf(join(dir, "main"));
    assert.deepEqual(requestIds(events), ["r1", "after"]);
    const { seq, type, ...repaired } = events.at(-2) as unknown as Record<string, unknown>;
    assert.deepEqual([seq, type], [3, "journal.repaired"]);
    assert.deepEqual([repaired["file"], repaired["bytes"]], ["torn-3.bin", end - begin]);
    const torn = join(dir, "main", "torn-3.bin");
    assert.deepEqual(await readFile(torn), bytes.subarray(begin, end));
    assert.deepEqual((await verifyJournal(dir))[0]?.faults, []);
    await rm(torn);
  }
});

test("a tail torn at the end of a line is no tail", async (t) => {
  const { dir, path, bytes, lines } = await written(t, 2);
  await truncate(path, bytes.length - Buffer.byteLength(lines.at(-1) ?? "") - 1);
  const journal = await open(t, dir);
  assert.equal(journal.stats().last_seq, 2);
  assert.deepEqual((await readdir(join(dir, "main"))).sort(), [FIRST, "lock.sock"]);
});

test("a tail of zeros, as after a power cut, is torn however long it is", async (t) => {
  const { dir, path, bytes } = await written(t, 1);
  await writeFile(path, Buffer.concat([bytes, Buffer.alloc(3_000_000)]));
  const journal = await open(t, dir);
  assert.equal(journal.stats().last_seq, 3);
  assert.equal((await readFile(join(dir, "main", "torn-3.bin"))).length, 3_000_000);
});

test("a repair that a crash interrupted is journaled by the next start", async (t) => {
  const { dir } = await written(t, 1);
  await writeFile(join(dir, "main", "torn-3.bin"), "half");
  const journal = await open(t, dir);
  await journal.close();
  await open(t, dir);
  const repairs = (await linesOf(join(dir, "main"))).filter((e) => e.type === "journal.repaired");
  assert.deepEqual(
    repairs.map(({ seq, bytes }) => ({ seq, bytes })),
    [{ seq: 3, bytes: 4 }],
  );
});

test("a newest segment that was cut short in its checkpoint is set aside", async (t) => {
  const dir = await tempDir(t);
  const journal = await open(t, dir, { segment_bytes: 2048 });
  for (let i = 1; i <= 6; i++) await journal.record(issued(`r${i}`));
  await journal.close();
  const newest = (await segmentsOf(join(dir, "main"))).at(-1) ?? "";
  await truncate(join(dir, "main", newest), 20);
  const seq = Number.parseInt(newest, 10);
  const again = await open(t, dir, { segment_bytes: 2048 });
  await again.record(issued("after"));
  const repaired = (await linesOf(join(dir, "main"))).find((e) => e.type === "journal.repaired");
  assert.deepEqual(repaired && { file: repaired.file, bytes: repaired.bytes }, {
    file: `torn-${seq}.bin`,
    bytes: 20,
  });
  assert.deepEqual((await verifyJournal(dir))[0]?.faults, []);
});

test("an empty only segment begins a new journal", async (t) => {
  const dir = await tempDir(t);
  await mkdir(join(dir, "main"), { recursive: true });
  await writeFile(join(dir, "main", FIRST), '{"se');
  const journal = await open(t, dir);
  await journal.record(issued("r1"));
  assert.deepEqual((await verifyJournal(dir))[0]?.faults, []);
});

test("a byte changed anywhere is refused with the line that shows it", async (t) => {
  const { dir, path, bytes, lines } = await written(t, 3);
  const last = bytes.length - Buffer.byteLength(lines.at(-1) ?? "") - 1;
  for (let at = 0; at < last; at += 7) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await writeFile(path, changed);
    const line = bytes.subarray(0, at).toString().split("\n").length;
    await assert.rejects(open(t, dir), (error: Error) => {
      assert.ok(error instanceof FaultError);
      const [fault] = error.faults;
      assert.equal(fault?.file, path);
      assert.ok(fault.line === line || fault.line === line + 1, `byte ${at}: ${error.message}`);
      assert.match(error.message, /jsonl:\d+:1: .*restore the folder from a copy/s);
      return true;
    });
  }
});

const CHANGES: Record<string, (lines: string[]) => string[]> = {
  "a removed line": (lines) => lines.toSpliced(2, 1),
  "a line twice": (lines) => lines.toSpliced(2, 0, lines[2] ?? ""),
  "two lines the other way round": (lines) => lines.toSpliced(2, 2, lines[3] ?? "", lines[2] ?? ""),
  "an empty line": (lines) => lines.toSpliced(2, 0, ""),
  "a line that is not an object": (lines) => lines.toSpliced(2, 0, "7"),
  "a first line without the zeros": (lines) =>
    lines.toSpliced(0, 1, (lines[0] ?? "").replace(/"prev":"0/, '"prev":"1')),
  "a segment without a checkpoint": ([line = ""]) => [
    line.replace("journal.checkpoint", "policy.loaded"),
  ],
  "a foreign writer": ([line = ""]) => [line.replace('"main"', '"other"')],
  "a time that is none": ([line = ""]) => [line.replace(/"at":"[^"]*"/, '"at":"noon"')],
  "a line over the limit": (lines) => [...lines, "x".repeat(2_000_000)],
};

for (const [what, change] of Object.entries(CHANGES)) {
  test(`${what} is refused`, async (t) => {
    const { dir, path, lines } = await written(t, 4);
    await writeFile(path, `${change(lines).join("\n")}\n`);
    await assert.rejects(open(t, dir), FaultError);
    // And the refused start has let go of the folder, which is good again once it is restored.
    await writeFile(path, `${lines.join("\n")}\n`);
    await open(t, dir);
  });
}

test("a file that only looks like a segment is refused", async (t) => {
  const { dir, path } = await written(t, 1);
  await cp(path, join(dir, "main", "copy.jsonl"));
  await assert.rejects(open(t, dir), /copy\.jsonl:1:1: is not named like a segment/);
});

test("a segment with the wrong name is refused", async (t) => {
  const { dir, path } = await written(t, 1);
  await rename(path, join(dir, "main", "0000000000000009.jsonl"));
  await assert.rejects(open(t, dir), /has seq 1, but the segment is named after 9/);
});

test("a missing segment in between is refused", async (t) => {
  const dir = await tempDir(t);
  const journal = await open(t, dir, { segment_bytes: 2048 });
  for (let i = 1; i <= 9; i++) await journal.record(issued(`r${i}`));
  await journal.close();
  await rm(join(dir, "main", (await segmentsOf(join(dir, "main")))[1] ?? ""));
  await assert.rejects(open(t, dir), /:1:1: has seq \d+ where \d+ is due/);
});

test("an entry of a checkpoint that its fold cannot read is refused with its line", async (t) => {
  const dir = await tempDir(t);
  const folds = [{ ...keysInUse({ max_ttl_s: 60 }), checkpoint: () => [["U1"]] }];
  await (await open(t, dir, { folds })).close();
  await assert.rejects(open(t, dir, { folds }), /jsonl:1:1: an entry of keys_in_use is not/);
});

test("a journal whose first segment was removed is refused, and one that was pruned is not", async (t) => {
  const dir = await tempDir(t);
  const journal = await open(t, dir, { segment_bytes: 2048 });
  for (let i = 1; i <= 20; i++) await journal.record(issued(`r${i}`));
  await journal.close();
  const [first = "", second = ""] = await segmentsOf(join(dir, "main"));
  const aside = join(dir, "aside");
  await rename(join(dir, "main", first), aside);
  await assert.rejects(open(t, dir), (error: Error) => {
    assert.ok(error instanceof FaultError);
    assert.match(error.message, new RegExp(`${second}:1:1: begins the journal, and nothing says`));
    return true;
  });
  await rename(aside, join(dir, "main", first));
  const later = { keep_s: 60, max_ttl_s: 60, now: () => NOON_MS + 90_000, segment_bytes: 2048 };
  await (await open(t, dir, later)).close();
  assert.ok(!(await segmentsOf(join(dir, "main"))).includes(first), "it was pruned");
  await (await open(t, dir, { ...later, max_ttl_s: 86_400 })).close();
});
