import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type TestContext, test } from "node:test";
import { verifyJournal } from "../../src/journal/index.ts";
import { issued, open, segmentsOf, tear, tempDir } from "./support.ts";

async function written(t: TestContext) {
  const dir = await tempDir(t);
  const journal = await open(t, dir, { segment_bytes: 4096 });
  for (let i = 1; i <= 20; i++) await journal.record(issued(`r${i}`));
  const folder = join(dir, "main");
  return { dir, folder, journal, names: await segmentsOf(folder) };
}

const CHANGES: Record<string, { line: number; edit(lines: string[]): string[] }> = {
  changed: { line: 4, edit: (l) => l.with(2, (l[2] ?? "").replace('"svc"', '"svx"')) },
  removed: { line: 3, edit: (l) => l.toSpliced(2, 1) },
  inserted: { line: 4, edit: (l) => l.toSpliced(2, 0, l[2] ?? "") },
  reordered: { line: 3, edit: (l) => l.toSpliced(2, 2, l[3] ?? "", l[2] ?? "") },
  broken: { line: 3, edit: (l) => l.with(2, (l[2] ?? "").slice(1)) },
};

for (const [what, { line, edit }] of Object.entries(CHANGES)) {
  test(`a line that was ${what} is found, with file and line, and little else is reported`, async (t) => {
    const { dir, folder, names } = await written(t);
    const path = join(folder, names[1] ?? "");
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
    await writeFile(path, `${edit(lines).join("\n")}\n`);
    const [report] = await verifyJournal(dir);
    const faults = report?.faults ?? [];
    assert.ok(faults[0]?.startsWith(`${path}:${line}: `), faults.join("\n"));
    assert.ok(faults.length <= 4, faults.join("\n"));
  });
}

test("a change in the last line of a closed segment shows in the next one", async (t) => {
  const { dir, folder, names } = await written(t);
  const path = join(folder, names[0] ?? "");
  const text = await readFile(path, "utf8");
  const at = text.lastIndexOf('"svc"');
  await writeFile(path, `${text.slice(0, at)}"svx"${text.slice(at + 5)}`);
  const [report] = await verifyJournal(dir);
  assert.ok(report?.faults[0]?.startsWith(`${join(folder, names[1] ?? "")}:1: does not continue`));
});

test("an end that is being written is told apart from a fault, and needs no lock", async (t) => {
  const { dir, folder, names, journal } = await written(t);
  const path = join(folder, names.at(-1) ?? "");
  await tear(path, '{"seq":2');
  const [report] = await verifyJournal(dir);
  assert.deepEqual(report?.faults, []);
  assert.deepEqual(report?.torn_tail, { file: path, bytes: 8 });
  assert.equal(report?.last_seq, journal.stats().last_seq);
});

test("a segment that was emptied is a fault", async (t) => {
  const { dir, folder, names } = await written(t);
  const path = join(folder, names.at(-1) ?? "");
  await writeFile(path, "");
  assert.deepEqual((await verifyJournal(dir))[0]?.faults, [`${path}:1: was emptied`]);
});

test("an end without a newline in a closed segment is a fault", async (t) => {
  const { dir, folder, names } = await written(t);
  const path = join(folder, names[0] ?? "");
  await writeFile(path, (await readFile(path, "utf8")).trimEnd());
  const [report] = await verifyJournal(dir);
  assert.match(report?.faults[0] ?? "", /has no newline at its end/);
});

test("the folder of one writer can be named, or the one above", async (t) => {
  const { dir, folder } = await written(t);
  assert.deepEqual(await verifyJournal(folder), await verifyJournal(dir));
  assert.equal((await verifyJournal(folder))[0]?.writer, basename(folder));
});

test("a dir without journals has no writers", async (t) => {
  assert.deepEqual(await verifyJournal(await tempDir(t)), []);
});

test("a journal full of faults is reported in a hundred lines and a number", async (t) => {
  const { dir, folder, names } = await written(t);
  await writeFile(join(folder, names[0] ?? ""), "x\n".repeat(500));
  const [report] = await verifyJournal(dir);
  assert.equal(report?.faults.length, 101);
  assert.match(report?.faults.at(-1) ?? "", /^and \d{3} more faults$/);
});

test("a journal is whole while it is written and its segments come and go", async (t) => {
  const dir = await tempDir(t);
  let now_ms = Date.UTC(2030, 0, 1);
  const journal = await open(t, dir, { segment_bytes: 8192, keep_s: 3600, now: () => now_ms });
  let running = true;
  const writing = (async () => {
    for (let i = 0; running; i++) {
      now_ms += 30_000;
      await Promise.all([1, 2, 3].map((n) => journal.record(issued(`r${i}-${n}`))));
    }
  })();
  for (let i = 0; i < 20; i++) {
    const [report] = await verifyJournal(dir);
    assert.deepEqual(report?.faults, []);
  }
  running = false;
  await writing;
});
