import assert from "node:assert/strict";
import { cp, readFile, rename, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { verifyJournal } from "../../src/journal/index.ts";
import { faultyDisk, issued, linesOf, open, requestIds, segmentsOf, tempDir } from "./support.ts";

const FIRST = "0000000000000001.jsonl";

for (const code of ["ENOSPC", "EDQUOT", "EROFS", "EACCES"]) {
  for (const operation of ["write", "sync"] as const) {
    test(`${code} from ${operation} is 503 for those who wait, leaves nothing behind, and passes`, async (t) => {
      const dir = await tempDir(t);
      const faulty = faultyDisk();
      const journal = await open(t, dir, { disk: faulty.disk });
      await journal.record(issued("before"));
      const { size } = await stat(join(dir, "main", FIRST));
      faulty.fail(operation, code);
      const lost = ["lost 1", "lost 2"].map((id) => journal.record(issued(id)));
      for (const result of await Promise.allSettled(lost)) {
        assert.equal(result.status === "rejected" && result.reason.code, "journal_unavailable");
        assert.deepEqual(result.status === "rejected" && result.reason.detail, { reason: code });
      }
      assert.equal((await stat(join(dir, "main", FIRST))).size, size);
      await journal.record(issued("after"));
      assert.deepEqual(requestIds(await linesOf(join(dir, "main"))), ["before", "after"]);
      assert.deepEqual((await verifyJournal(dir))[0]?.faults, []);
    });
  }
}

test("a disk that fills up in the middle of a group cuts it back to the last whole line", async (t) => {
  const dir = await tempDir(t);
  const faulty = faultyDisk();
  const journal = await open(t, dir, { disk: faulty.disk });
  await journal.record(issued("before"));
  const before = await readFile(join(dir, "main", FIRST), "utf8");
  faulty.shorten(700);
  faulty.fail("write", "ENOSPC");
  await assert.rejects(Promise.all(["1", "2", "3"].map((id) => journal.record(issued(id)))), {
    code: "journal_unavailable",
  });
  assert.equal(await readFile(join(dir, "main", FIRST), "utf8"), before);
  await journal.record(issued("after"));
  assert.deepEqual((await verifyJournal(dir))[0]?.faults, []);
});

test("a write that takes only part is continued", async (t) => {
  const dir = await tempDir(t);
  const faulty = faultyDisk();
  const journal = await open(t, dir, { disk: faulty.disk });
  faulty.shorten(10);
  await journal.record(issued("1"));
  assert.deepEqual(requestIds(await linesOf(join(dir, "main"))), ["1"]);
});

for (const operation of ["write", "sync"] as const) {
  test(`EIO from ${operation} is fatal: those who wait are refused, then the process is told`, async (t) => {
    const dir = await tempDir(t);
    const faulty = faultyDisk();
    const order: string[] = [];
    const journal = await open(t, dir, {
      disk: faulty.disk,
      on_fatal: (error) => order.push((error as { code: string }).code),
    });
    faulty.fail(operation, "EIO");
    await assert.rejects(journal.record(issued("1")), { code: "journal_unavailable" });
    await assert.rejects(journal.record(issued("2")), { code: "journal_unavailable" });
    assert.deepEqual(order, ["EIO"]);
  });
}

test("a failed write that cannot be cut back is fatal", async (t) => {
  const dir = await tempDir(t);
  const faulty = faultyDisk();
  const told: unknown[] = [];
  const journal = await open(t, dir, { disk: faulty.disk, on_fatal: (e) => told.push(e) });
  faulty.fail("sync", "ENOSPC");
  faulty.fail("truncate", "EROFS");
  await assert.rejects(journal.record(issued("1")), { code: "journal_unavailable" });
  assert.ok(told[0] instanceof AggregateError);
});

for (const operation of ["open", "write", "sync", "rename", "syncFolder"] as const) {
  test(`a new segment that fails at ${operation} is tried again with the next event`, async (t) => {
    const dir = await tempDir(t);
    const faulty = faultyDisk();
    const journal = await open(t, dir, { disk: faulty.disk, segment_bytes: 2048 });
    await Promise.all(["1", "2", "3"].map((id) => journal.record(issued(id))));
    faulty.fail(operation, "ENOSPC");
    const large = issued("large", { publish: ["x".repeat(1500)] });
    await assert.rejects(journal.record(large), { code: "journal_unavailable" });
    // A smaller one would still fit into the old segment, but its place in the chain may be taken.
    await journal.record(issued("small"));
    assert.deepEqual(requestIds(await linesOf(join(dir, "main"))), ["1", "2", "3", "small"]);
    assert.equal((await segmentsOf(join(dir, "main"))).length, 2);
    assert.deepEqual((await verifyJournal(dir))[0]?.faults, []);
  });
}

test("a folder that was removed is 503, though the open file still takes writes", async (t) => {
  const dir = await tempDir(t);
  const journal = await open(t, dir);
  await journal.record(issued("1"));
  await rm(join(dir, "main"), { recursive: true });
  for (const id of ["2", "3"]) {
    await assert.rejects(journal.record(issued(id)), {
      code: "journal_unavailable",
      detail: { reason: "ENOENT" },
    });
  }
});

test("a copy in the place of the folder is not written to, nor is what it is a copy of", async (t) => {
  const dir = await tempDir(t);
  const journal = await open(t, dir, { segment_bytes: 2048 });
  await journal.record(issued("1"));
  await rename(join(dir, "main"), join(dir, "aside"));
  await cp(join(dir, "aside"), join(dir, "main"), {
    recursive: true,
    filter: (path) => !path.endsWith(".sock"),
  });
  const large = issued("large", { publish: ["x".repeat(1500)] }); // would begin another segment
  for (const event of [issued("2"), large, issued("3")]) {
    await assert.rejects(journal.record(event), {
      code: "journal_unavailable",
      detail: { reason: "ENOENT" },
    });
  }
  for (const folder of ["main", "aside"]) {
    assert.deepEqual(requestIds(await linesOf(join(dir, folder))), ["1"]);
  }
});

test("a folder that went away and came back as it was is used again", async (t) => {
  const dir = await tempDir(t);
  const journal = await open(t, dir);
  await journal.record(issued("1"));
  await rename(join(dir, "main"), join(dir, "gone"));
  await assert.rejects(journal.record(issued("lost")), { code: "journal_unavailable" });
  await rename(join(dir, "gone"), join(dir, "main"));
  await journal.record(issued("2"));
  assert.deepEqual(requestIds(await linesOf(join(dir, "main"))), ["1", "2"]);
});

test("a segment that came back shorter is not written on", async (t) => {
  const dir = await tempDir(t);
  const journal = await open(t, dir);
  await journal.record(issued("1"));
  await rename(join(dir, "main"), join(dir, "gone"));
  await assert.rejects(journal.record(issued("lost")), { code: "journal_unavailable" });
  await truncate(join(dir, "gone", FIRST), 10);
  await rename(join(dir, "gone"), join(dir, "main"));
  await assert.rejects(journal.record(issued("2")), { code: "journal_unavailable" });
});
