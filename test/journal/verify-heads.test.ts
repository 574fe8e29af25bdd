import assert from "node:assert/strict";
import { cp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createServer } from "@nats-io/nkeys";
import { seal } from "../../src/journal/chain.ts";
import {
  type Journal,
  readKeptHeads,
  type SignedHead,
  verifyJournal,
} from "../../src/journal/index.ts";
import { headsIn, oneRun, places, rewrite } from "./heads-support.ts";
import { issued, segmentsOf } from "./support.ts";

const small = { segment_bytes: 4096 };
const work = async (journal: Journal) => {
  for (let i = 1; i <= 8; i++) await journal.record(issued(`r${i}`));
};

/** A journal of several segments, each run with a head at its end, kept elsewhere. */
async function signed(t: TestContext) {
  const { dir, folder, file } = await places(t);
  for (let run = 0; run < 3; run++) await oneRun(dir, work, small, { file });
  assert.ok((await segmentsOf(folder)).length >= 3);
  return { dir, folder, file, heads: await headsIn(file) };
}

async function check(dir: string, file: string, keys: readonly string[] = []) {
  const kept = await readKeptHeads(file, keys);
  const [report] = await verifyJournal(dir, kept);
  assert.ok(report);
  return { report, faults: [...kept.faults, ...report.faults] };
}

test("a journal that fits its heads is vouched for up to the newest", async (t) => {
  const { dir, file, heads } = await signed(t);
  const { report, faults } = await check(dir, file, [heads[0]?.key ?? ""]);
  assert.deepEqual(faults, []);
  assert.deepEqual(report.heads, { fitting: heads.length, too_old: 0, newest: heads.at(-1) });
});

/** What somebody may do who can write to the folder of the journal, but not to the heads. */
const ATTACKS: Record<
  string,
  { attack(folder: string, dir: string): Promise<void>; says: RegExp }
> = {
  "an event changed and the whole chain written anew": {
    attack: (folder) =>
      rewrite(folder, (events) =>
        events.map((e) => (e.seq === 4 ? { ...e, account: "OTHER" } : e)),
      ),
    says: /^.*heads\.jsonl:2: event \d+ is not the one that was signed at .*: it or what came before was rewritten/,
  },
  "an event removed and the whole chain written anew": {
    attack: (folder) => rewrite(folder, (events) => events.filter(({ seq }) => seq !== 4)),
    says: /is not the one that was signed/,
  },
  "an event inserted and the whole chain written anew": {
    attack: (folder) =>
      rewrite(folder, (events) =>
        events.toSpliced(4, 0, {
          ...issued("x"),
          seq: 5,
          prev: "",
          at: "2030-01-01T00:00:00.000Z",
          writer: "main",
        }),
      ),
    says: /is not the one that was signed/,
  },
  "the last event changed": {
    attack: (folder) =>
      rewrite(folder, (events) => events.with(-1, { ...events.at(-1), request_id: "x" } as never)),
    says: /is not the one that was signed/,
  },
  "the tail cut off at a line": {
    async attack(folder) {
      const path = join(folder, (await segmentsOf(folder)).at(-1) ?? "");
      const text = await readFile(path, "utf8");
      await truncate(
        path,
        Buffer.byteLength(text.slice(0, text.lastIndexOf("\n", text.length - 2) + 1)),
      );
    },
    says: /event (\d+) was signed at .*, but the journal ends at \d+: its end was cut off/,
  },
  "the newest segment dropped": {
    attack: async (folder) => rm(join(folder, (await segmentsOf(folder)).at(-1) ?? "")),
    says: /but the journal ends at/,
  },
  "a segment in the middle dropped": {
    attack: async (folder) => rm(join(folder, (await segmentsOf(folder))[1] ?? "")),
    says: /removed|no such event/,
  },
  "the oldest segment dropped": {
    attack: async (folder) => rm(join(folder, (await segmentsOf(folder))[0] ?? "")),
    says: /segments are missing/,
  },
  "the journal replaced by a fresh one": {
    async attack(folder, dir) {
      await rm(folder, { recursive: true });
      for (let run = 0; run < 3; run++) {
        await oneRun(
          dir,
          async (journal) => {
            for (let i = 1; i <= 8; i++) await journal.record(issued(`x${i}`));
          },
          small,
        );
      }
    },
    says: /is not the one that was signed .* or the journal was replaced/,
  },
  "the journal replaced by a short fresh one": {
    async attack(folder, dir) {
      await rm(folder, { recursive: true });
      await oneRun(dir, async () => {});
    },
    says: /but the journal ends at 1/,
  },
  "the journal replaced by one that claims to begin behind all heads": {
    async attack(folder) {
      for (const name of await segmentsOf(folder)) await rm(join(folder, name));
      const before = { seq: 999, hash: "a".repeat(64) };
      const at = "2030-01-01T00:00:00.000Z";
      const first = seal(
        { at, type: "journal.checkpoint", body: '"part":1,"last":true,"state":{}' },
        "main",
        before,
      );
      const pruned = `"segment":"0000000000000001.jsonl","last_seq":999,"last_hash":"${before.hash}"`;
      const second = seal({ at, type: "journal.pruned", body: pruned }, "main", first.head);
      await writeFile(join(folder, "0000000000001000.jsonl"), `${first.line}\n${second.line}\n`);
    },
    says: /all \d+ heads of main are of events before the oldest that is kept: nothing vouches/,
  },
  "all segments removed": {
    async attack(folder) {
      for (const name of await segmentsOf(folder)) await rm(join(folder, name));
      await writeFile(join(folder, "heads.jsonl"), "");
    },
    says: /holds no segment/,
  },
  "the folder removed": {
    attack: (folder) => rm(folder, { recursive: true }),
    says: /main:1: is not there, but heads of it were kept/,
  },
};

for (const [what, { attack, says }] of Object.entries(ATTACKS)) {
  test(`${what}: the heads tell`, async (t) => {
    const { dir, folder, file } = await signed(t);
    await attack(folder, dir);
    const { faults } = await check(dir, file);
    assert.match(faults.join("\n"), says);
    for (const fault of faults) assert.match(fault, /^\/.+:\d+: ./);
  });
}

test("without heads, a chain that was written anew looks whole: that is what heads are for", async (t) => {
  const { dir, folder } = await signed(t);
  await rewrite(folder, (events) =>
    events.map((e) => (e.seq === 4 ? { ...e, account: "OTHER" } : e)),
  );
  const [report] = await verifyJournal(dir);
  assert.deepEqual(report?.faults, []);
});

const edit = (file: string, change: (heads: SignedHead[]) => unknown[]) =>
  headsIn(file).then((heads) =>
    writeFile(
      file,
      change(heads)
        .map((head) => `${JSON.stringify(head)}\n`)
        .join(""),
    ),
  );

test("a head that was changed vouches for nothing", async (t) => {
  const { dir, file } = await signed(t);
  for (const change of [
    { seq: 3 },
    { at: "2031-01-01T00:00:00.000Z" },
    { hash: "0".repeat(64) },
    { writer: "other" },
  ]) {
    const kept = await headsIn(file);
    await edit(file, (heads) => heads.with(1, { ...heads[1], ...change } as never));
    const { faults } = await check(dir, file);
    assert.match(faults[0] ?? "", /heads\.jsonl:2: its signature does not fit/);
    await edit(file, () => kept);
  }
});

test("a head by another key is a fault, unless the keys are named", async (t) => {
  const { dir, folder, file, heads } = await signed(t);
  await rm(join(folder, "head.nk"));
  const [other] = await oneRun(dir, work, small, { file });
  const keys = [heads[0]?.key ?? "", other?.key ?? ""];
  assert.match(
    (await check(dir, file)).faults[0] ?? "",
    /is signed by N\w+, the heads above by another key/,
  );
  assert.deepEqual((await check(dir, file, keys)).faults, []);
  const stranger = createServer().getPublicKey();
  const { faults } = await check(dir, file, [stranger]);
  assert.match(faults[0] ?? "", /heads\.jsonl:1: is signed by N\w+, which is none of the keys/);
  assert.match(faults.at(-1) ?? "", /holds no head of main: nothing vouches/);
});

test("a line that is no head is a fault; one that is being written is not", async (t) => {
  const { dir, file } = await signed(t);
  await writeFile(file, `${await readFile(file, "utf8")}{"seq":1}\n\n{"writer":"ma`);
  const { faults } = await check(dir, file);
  assert.equal(faults.length, 1);
  assert.match(faults[0] ?? "", /:\d+: is not a journal head/);
});

test("the log of the service is a file of heads as well, whatever else it says", async (t) => {
  const { dir, file, heads } = await signed(t);
  const lines = heads.flatMap((head) => [
    { level: 30, time: 1, msg: "listening", url: "http://x" },
    { level: 30, time: 2, ...head, msg: "journal head" },
  ]);
  await edit(file, () => lines);
  const { report, faults } = await check(dir, file);
  assert.deepEqual(faults, []);
  assert.equal(report.heads?.fitting, heads.length);
});

test("heads of events that were pruned are too old, and the others still vouch", async (t) => {
  const { dir, file } = await places(t);
  const day_ms = 86_400_000;
  for (let day = 0; day < 6; day++) {
    const now = () => Date.UTC(2030, 0, 1) + day * day_ms;
    await oneRun(dir, work, { ...small, keep_s: 2 * 86_400, now }, { file });
  }
  const { report, faults } = await check(dir, file);
  assert.deepEqual(faults, []);
  assert.ok((report.heads?.too_old ?? 0) > 0 && (report.heads?.fitting ?? 0) > 0);
  assert.equal(report.pruned?.last_seq, report.first_seq - 1);
});

for (const what of ["cut", "rewritten", "restored from an older copy"]) {
  test(`a service does not go on from a journal that was ${what}`, async (t) => {
    const { dir, folder, file } = await places(t);
    await oneRun(dir, work, {}, { file });
    const copy = join(file, "..", "copy");
    await cp(folder, copy, { recursive: true });
    await oneRun(dir, work, {}, { file });
    if (what === "rewritten") {
      await rewrite(folder, (events) =>
        events.map((e) => (e.seq === 4 ? { ...e, account: "X" } : e)),
      );
    } else if (what === "cut") {
      await rewrite(folder, (events) => events.slice(0, -2));
    } else {
      await rm(folder, { recursive: true });
      await cp(copy, folder, { recursive: true });
    }
    const says =
      what === "rewritten"
        ? /is not event \d+ as it was signed/
        : /ends at event \d+, but event \d+ was signed/;
    await assert.rejects(oneRun(dir, work, {}, { file }), says);
    await rm(file);
    await oneRun(dir, work, {}, { file });
  });
}

test("heads of other writers in the same file do not matter", async (t) => {
  const { dir, file } = await places(t);
  await Promise.all(["a", "b"].map((writer) => oneRun(dir, work, { writer }, { file })));
  const kept = await readKeptHeads(
    file,
    (await headsIn(file)).map(({ key }) => key),
  );
  const verified = await verifyJournal(dir, kept);
  assert.deepEqual(
    verified.map(({ writer, faults }) => [writer, faults]),
    [
      ["a", []],
      ["b", []],
    ],
  );
});
