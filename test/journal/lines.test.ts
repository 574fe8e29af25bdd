import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { LINE_LIMIT_BYTES } from "../../src/journal/chain.ts";
import { readLines } from "../../src/journal/lines.ts";
import { collect, tempDir } from "./support.ts";

test("lines are found across chunks, with their offsets, the last with or without its end", async (t) => {
  const path = join(await tempDir(t), "lines");
  const lines = ["a", "", "b".repeat(700_000), "ü".repeat(200_000), "c"];
  for (const end of ["", "\n"]) {
    await writeFile(path, lines.join("\n") + end);
    const read = await collect(readLines(path));
    assert.deepEqual(
      read.map(({ bytes }) => bytes.toString()),
      lines,
    );
    assert.deepEqual(
      read.map(({ number }) => number),
      [1, 2, 3, 4, 5],
    );
    let offset = 0;
    for (const [index, line] of read.entries()) {
      assert.equal(line.offset, offset);
      offset += Buffer.byteLength(lines[index] ?? "") + 1;
      assert.equal(line.ended, index < 4 || end === "\n");
    }
  }
});

test("of a line over the limit only the beginning is kept, but its length is known", async (t) => {
  const path = join(await tempDir(t), "lines");
  await writeFile(path, `${"x".repeat(20_000_000)}\nend\n`);
  const [long, end] = await collect(readLines(path));
  assert.equal(long?.length_bytes, 20_000_000);
  assert.ok((long?.bytes.length ?? 0) < 2 * LINE_LIMIT_BYTES);
  assert.deepEqual([end?.bytes.toString(), end?.offset], ["end", 20_000_001]);
});

test("an empty file has no lines", async (t) => {
  const path = join(await tempDir(t), "lines");
  await writeFile(path, "");
  assert.deepEqual(await collect(readLines(path)), []);
});
