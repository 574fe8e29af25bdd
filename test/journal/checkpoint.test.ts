import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { ENVELOPE_LIMIT_BYTES, LINE_LIMIT_BYTES } from "../../src/journal/chain.ts";
import { checkpointParts } from "../../src/journal/checkpoint.ts";
import {
  type Checkpoint,
  type Disk,
  type DiskFile,
  type Fold,
  keysInUse,
  realDisk,
  verifyJournal,
} from "../../src/journal/index.ts";
import { issued, linesOf, NOON_MS, open, segmentsOf, tempDir } from "./support.ts";

const fold = (name: string, entries: readonly unknown[]): Fold => ({
  name,
  apply: () => {},
  checkpoint: () => entries,
  restore: () => {},
});

const parse = (body: string) => JSON.parse(`{${body}}`) as Omit<Checkpoint, "type">;

test("nothing remembered is one part without entries", () => {
  assert.deepEqual([...checkpointParts([fold("a", [])], 0)].map(parse), [
    { part: 1, last: true, state: {} },
  ]);
});

test("small folds share a part", () => {
  const parts = [...checkpointParts([fold("a", [1, [2]]), fold("b", [{ c: "ü" }])], 0)];
  assert.deepEqual(parts.map(parse), [
    { part: 1, last: true, state: { a: [1, [2]], b: [{ c: "ü" }] } },
  ]);
});

test("parts are split below the limit of a line, in bytes, and lose nothing", () => {
  const entries = Array.from({ length: 5000 }, (_, index) => `${index}${"ü".repeat(300)}`);
  const parts = [...checkpointParts([fold("a", entries), fold("b", [1])], 0)];
  assert.ok(parts.length >= 3);
  for (const part of parts) {
    assert.ok(Buffer.byteLength(part) + ENVELOPE_LIMIT_BYTES < LINE_LIMIT_BYTES);
  }
  const read = parts.map(parse);
  assert.deepEqual(
    read.map(({ part, last }) => [part, last]),
    parts.map((_, index) => [index + 1, index === parts.length - 1]),
  );
  assert.deepEqual(
    read.flatMap(({ state }) => state["a"] ?? []),
    entries,
  );
  assert.deepEqual(read.at(-1)?.state["b"], [1]);
});

test("an entry that fits no line is an error of its fold", () => {
  assert.throws(() => [...checkpointParts([fold("a", ["x".repeat(2_000_000)])], 0)], /entry of a/);
});

test("a checkpoint over a mebibyte takes several lines, lets others work, and is restored whole", async (t) => {
  const dir = await tempDir(t);
  const now_s = NOON_MS / 1000;
  const keys = keysInUse({ max_ttl_s: 3600 });
  let turns = 0;
  const turns_at_write: number[] = [];
  const disk: Disk = {
    ...realDisk,
    async open(path, flags) {
      const file = await realDisk.open(path, flags);
      const write: DiskFile["write"] = (bytes, position) => {
        if (bytes.length > 4096) turns_at_write.push(turns);
        return file.write(bytes, position);
      };
      return { ...file, write };
    },
  };
  const journal = await open(t, dir, { segment_bytes: 2048, folds: [keys], disk });
  for (let i = 0; i < 30_000; i++) {
    keys.claim(`U${String(i).padStart(55, "A")}`, `${i % 10}`.repeat(64), now_s + 9000, now_s);
  }
  let running = true;
  const tick = () => {
    turns += 1;
    if (running) setImmediate(tick);
  };
  tick();
  for (let i = 0; i < 8; i++) await journal.record(issued(`r${i}`));
  running = false;
  assert.ok(turns_at_write.length >= 4 && turns_at_write.length < 8, String(turns_at_write));
  assert.equal(new Set(turns_at_write).size, turns_at_write.length, "a turn between two parts");
  await journal.close();

  const [, second = ""] = await segmentsOf(join(dir, "main"));
  assert.ok((await stat(join(dir, "main", second))).size > 3 * LINE_LIMIT_BYTES);
  const checkpoints = (await linesOf(join(dir, "main"))).filter(
    (event) => event.type === "journal.checkpoint",
  );
  assert.ok(checkpoints.some(({ part }) => part === 4));
  assert.deepEqual((await verifyJournal(dir))[0]?.faults, []);

  const again = keysInUse({ max_ttl_s: 3600 });
  await open(t, dir, { folds: [again], now: () => NOON_MS + 3_600_000 });
  assert.equal([...again.checkpoint(now_s + 3600)].length, 30_000);
});
