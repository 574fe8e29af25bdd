import assert from "node:assert/strict";
import { test } from "node:test";
import { StsError } from "../../src/errors.ts";
import type { StoredEvent } from "../../src/journal/index.ts";
import { type RecorderOptions, recorder } from "../../src/journal/recorder.ts";
import { failure, issued, NOON_MS, refused } from "./support.ts";

/** A recorder above a sink that takes its time: each append waits until it is let go. */
function slow(more: Partial<RecorderOptions> = {}) {
  const groups: string[][] = [];
  const under_way: { done(): void; fail(error: Error): void }[] = [];
  const own = recorder({
    writer: "main",
    head: { seq: 0, hash: "0".repeat(64) },
    folds: [],
    unverified: { burst: 2, per_s: 1 },
    queue_limit: 100,
    now: () => NOON_MS,
    on_fatal: () => {},
    sink: {
      room: async (head) => head,
      append: (bytes) => {
        groups.push(bytes.toString().trimEnd().split("\n"));
        return new Promise((done, fail) => under_way.push({ done, fail }));
      },
      close: async () => {},
    },
    ...more,
  });
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { own, groups, turn, next: () => under_way.shift() };
}

test("what arrives during a flush shares the next one", async () => {
  const { own, groups, turn, next } = slow();
  const first = own.record(issued("1"));
  await turn();
  const later = Promise.all(["2", "3", "4"].map((id) => own.record(issued(id))));
  await turn();
  assert.equal(groups.length, 1, "one flush is under way at a time");
  next()?.done();
  await first;
  await turn();
  next()?.done();
  await later;
  assert.deepEqual(
    groups.map((group) => group.length),
    [1, 3],
  );
});

test("a record resolves only once its flush has", async () => {
  const { own, turn, next } = slow();
  let done = false;
  const recorded = own.record(issued("1")).then(() => {
    done = true;
  });
  await turn();
  assert.equal(done, false);
  assert.equal(own.stats().last_seq, 0);
  next()?.done();
  await recorded;
  assert.equal(own.stats().last_seq, 1);
});

test("the chain does not move on when a flush fails, and the next event takes its place", async () => {
  const { own, groups, turn, next } = slow();
  const lost = own.record(issued("1"));
  await turn();
  next()?.fail(failure("ENOSPC"));
  await assert.rejects(lost, { code: "journal_unavailable", detail: { reason: "ENOSPC" } });
  assert.equal(own.stats().writable, false);
  const kept = own.record(issued("2"));
  await turn();
  next()?.done();
  await kept;
  assert.equal(own.stats().writable, true);
  const envelopes = groups.map(([line = ""]) => JSON.parse(line) as StoredEvent);
  assert.deepEqual(
    envelopes.map(({ seq, prev }) => ({ seq, prev })),
    [1, 1].map((seq) => ({ seq, prev: "0".repeat(64) })),
  );
});

test("an error that does not pass refuses all that wait and all that come, and is told once", async () => {
  const told: unknown[] = [];
  const { own, turn, next } = slow({ on_fatal: (error) => told.push(error) });
  const error = failure("EIO");
  const waiting = [own.record(issued("1"))];
  await turn();
  waiting.push(own.record(issued("2")));
  const settled = Promise.allSettled(waiting);
  next()?.fail(error);
  for (const result of await settled) {
    assert.ok(result.status === "rejected" && result.reason instanceof StsError);
    assert.equal(result.reason.code, "journal_unavailable");
    assert.equal(result.reason.cause, error);
  }
  await assert.rejects(own.record(issued("3")), { code: "journal_unavailable" });
  assert.equal(own.note(refused("4")), false);
  assert.deepEqual(told, [error]);
});

test("beyond its limit the queue refuses instead of growing", async () => {
  const { own, turn, next } = slow({ queue_limit: 2 });
  const first = own.record(issued("1"));
  await turn();
  const queued = [own.record(issued("2")), own.record(issued("3"))];
  await assert.rejects(own.record(issued("4")), { code: "overloaded" });
  assert.equal(own.note(refused("5")), false);
  next()?.done();
  await first;
  await turn();
  next()?.done();
  await Promise.all(queued);
});

test("notes are taken at their rate and counted beyond it", async () => {
  let now_ms = NOON_MS;
  const { own, groups, turn, next } = slow({ now: () => now_ms });
  assert.deepEqual(
    ["1", "2", "3"].map((id) => own.note(refused(id))),
    [true, true, false],
  );
  await turn();
  next()?.done();
  assert.equal(groups[0]?.length, 2);
  now_ms += 1000;
  assert.deepEqual(
    ["4", "5"].map((id) => own.note(refused(id))),
    [true, false],
  );
  now_ms -= 60_000; // A clock that is set back gives nothing away.
  assert.equal(own.note(refused("6")), false);
  assert.equal(own.stats().notes_dropped, 3);
  await turn();
  next()?.done();
  await own.close();
});

test("a failed write of notes is counted and bothers nobody", async () => {
  const { own, turn, next } = slow();
  own.note(refused("1"));
  await turn();
  next()?.fail(failure("ENOSPC"));
  await turn();
  assert.deepEqual(
    { ...own.stats(), last_hash: "" },
    {
      last_seq: 0,
      last_hash: "",
      last_at_ms: undefined,
      queued: 0,
      writable: false,
      flushes: 0,
      failures: 1,
      notes_dropped: 0,
      notes_lost: 1,
    },
  );
});

test("what happens to an event after record does not change what is recorded", async () => {
  const { own, groups, turn, next } = slow();
  const event = { ...issued("1"), roles: ["reader"] };
  const recorded = own.record(event);
  event.roles.push("admin");
  await turn();
  next()?.done();
  await recorded;
  assert.match(groups[0]?.[0] ?? "", /"roles":\["reader"\]/);
});

test("an event over the limit of a line is refused alone", async () => {
  const { own, turn, next } = slow();
  const fine = own.record(issued("1"));
  const huge = own.record(issued("2", { publish: ["x".repeat(1024 * 1024)] }));
  await assert.rejects(huge, { code: "internal" });
  await turn();
  next()?.done();
  await fine;
});

test("a note over the limit of a line is dropped, for nobody waits to hear of it", () => {
  const { own } = slow();
  assert.equal(own.note({ ...refused("1"), detail: { x: "x".repeat(1024 * 1024) } }), false);
  assert.equal(own.stats().notes_dropped, 1);
});

test("a watcher sees each event after its flush, until it stops, and may throw", async (t) => {
  const { own, turn, next } = slow();
  const seen: number[] = [];
  const thrown: unknown[] = [];
  const stop = own.watch(({ seq }) => {
    seen.push(seq);
    if (seq === 1) throw new Error("from a watcher");
  });
  const listeners = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.once("uncaughtException", (error) => thrown.push(error));
  t.after(() => {
    for (const listener of listeners) process.on("uncaughtException", listener);
  });
  const first = own.record(issued("1"));
  await turn();
  assert.deepEqual(seen, []);
  next()?.done();
  await first;
  await turn();
  assert.deepEqual([seen, thrown.length], [[1], 1]);
  stop();
  const second = own.record(issued("2"));
  await turn();
  next()?.done();
  await second;
  await turn();
  assert.deepEqual(seen, [1]);
});

test("closing flushes what waits and refuses what comes", async () => {
  const { own, turn, next } = slow();
  const recorded = own.record(issued("1"));
  const closed = own.close();
  await assert.rejects(own.record(issued("2")), { code: "shutting_down" });
  await turn();
  next()?.done();
  await Promise.all([recorded, closed]);
});

test("a group over its limit in bytes is split, and every event of it arrives in order", async () => {
  const { own, groups, turn, next } = slow();
  const body = "x".repeat(300 * 1024);
  const all = Promise.all(
    ["1", "2", "3", "4", "5"].map((id) => own.record(issued(id, { publish: [body] }))),
  );
  for (let flush = 0; flush < 2; flush++) {
    await turn();
    next()?.done();
  }
  await all;
  assert.deepEqual(
    groups.map((group) => group.length),
    [3, 2],
  );
});

test("flushes are reported with their events and their duration", async () => {
  const flushes: { events: number; seconds: number }[] = [];
  const { own, turn, next } = slow({ on_flush: (flush) => flushes.push(flush) });
  const all = Promise.all(["1", "2"].map((id) => own.record(issued(id))));
  await turn();
  next()?.done();
  await all;
  await turn();
  assert.equal(flushes[0]?.events, 2);
  assert.ok((flushes[0]?.seconds ?? -1) >= 0);
});
