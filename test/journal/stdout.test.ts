import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { keysInUse, type StoredEvent, stdoutJournal } from "../../src/journal/index.ts";
import { collect, issued, NOON_MS, refused } from "./support.ts";

function journalTo(out: string[]) {
  const keys = keysInUse({ max_ttl_s: 3600 });
  const journal = stdoutJournal({
    writer: "main",
    unverified: { burst: 1, per_s: 1 },
    folds: [keys],
    write: async (text) => void out.push(text),
    now: () => NOON_MS,
    on_fatal: (error) => {
      throw error;
    },
  });
  return { journal, keys };
}

test("standard output gets the same lines, chained from the start of the process", async () => {
  for (const start of ["first", "second"]) {
    const out: string[] = [];
    const { journal } = journalTo(out);
    await Promise.all(["1", "2", "3"].map((id) => journal.record(issued(start + id))));
    assert.equal(journal.note(refused("4")), true);
    await journal.close();
    const lines = out.join("").trimEnd().split("\n");
    let prev = "0".repeat(64);
    for (const [index, line] of lines.entries()) {
      const event = JSON.parse(line) as StoredEvent;
      assert.deepEqual([event.seq, event.prev, event.writer], [index + 1, prev, "main"]);
      prev = createHash("sha256").update(line).digest("hex");
    }
    assert.equal(lines.length, 4);
  }
});

test("without state there is nothing to replay, but keys stay in use", async () => {
  const { journal, keys } = journalTo([]);
  await journal.record(issued("1", { own_key: true }));
  assert.deepEqual(await collect(journal.replay()), []);
  assert.equal(keys.claim("U1", "d2", NOON_MS, NOON_MS / 1000), false);
});

test("an output that nobody reads any more is fatal", async () => {
  const told: unknown[] = [];
  const gone = Object.assign(new Error("EPIPE"), { code: "EPIPE" });
  const journal = stdoutJournal({
    writer: "main",
    unverified: { burst: 1, per_s: 1 },
    write: () => Promise.reject(gone),
    now: () => NOON_MS,
    on_fatal: (error) => told.push(error),
  });
  await assert.rejects(journal.record(issued("1")), { code: "journal_unavailable" });
  assert.deepEqual(told, [gone]);
});
