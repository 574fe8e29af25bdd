import assert from "node:assert/strict";
import { appendFile, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createServer, fromPublic } from "@nats-io/nkeys";
import { JournalStartError, openJournal, type SignedHead } from "../../src/journal/index.ts";
import { headsByHand, headsIn, oneRun, places } from "./heads-support.ts";
import { issued, NOON_MS, open, options, tempDir } from "./support.ts";

/** Resolves once the condition holds; the loop turns meanwhile. */
async function until(holds: () => boolean, again = () => {}): Promise<void> {
  while (!holds()) {
    again();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("the head is signed when something was written since, and at the end", async (t) => {
  const dir = await tempDir(t);
  const own = headsByHand();
  const journal = await open(t, dir, { heads: own.heads });
  await until(() => own.signed.length === 1); // of the journal as it was found
  own.tick();
  await journal.record(issued("a"));
  await until(() => own.signed.length === 2, own.tick);
  const { last_seq, last_hash } = journal.stats();
  for (let i = 0; i < 5; i++) own.tick();
  await journal.close();
  assert.equal(own.signed.length, 2, "nothing was written since");
  assert.equal(own.runs.size, 0);
  const [, head] = own.signed;
  assert.deepEqual(
    { ...head, key: "", sig: "" },
    {
      writer: "main",
      seq: last_seq,
      hash: last_hash,
      at: new Date(NOON_MS).toISOString(),
      key: "",
      sig: "",
    },
  );
  assert.deepEqual(await headsIn(join(dir, "main", "heads.jsonl")), own.signed);
});

test("a head is signed so that any Ed25519 library can check it, for this purpose alone", async (t) => {
  const [head] = await oneRun(await tempDir(t), async () => {});
  assert.ok(head);
  const text = `nats-sts-journal-head-v1\n${head.writer}\n${head.seq}\n${head.hash}\n${head.at}`;
  const signature = Buffer.from(head.sig, "base64url");
  assert.ok(fromPublic(head.key).verify(Buffer.from(text), signature));
});

test("what was written last is signed by close, after it is on the disk", async (t) => {
  const { dir, file } = await places(t);
  let last = "";
  await oneRun(
    dir,
    async (journal) => {
      void journal.record(issued("a"));
      await journal.record(issued("b"));
      last = journal.stats().last_hash;
    },
    {},
    { file },
  );
  assert.equal((await headsIn(file)).at(-1)?.hash, last);
});

test("the key and the heads are for their owner alone, and the key stays over restarts", async (t) => {
  const dir = await tempDir(t);
  const first = await oneRun(dir, (journal) => journal.record(issued("a")));
  const second = await oneRun(dir, (journal) => journal.record(issued("b")));
  assert.equal(first[0]?.key, second[0]?.key);
  for (const name of ["head.nk", "heads.jsonl"]) {
    assert.equal((await stat(join(dir, "main", name))).mode & 0o777, 0o600, name);
  }
  const seed = (await readFile(join(dir, "main", "head.nk"), "utf8")).trim();
  assert.ok(!JSON.stringify([first, second]).includes(seed));
});

test("a configured key signs; where it is missing the start is refused, and none is made", async (t) => {
  const { dir, file } = await places(t);
  const key_file = join(file, "..", "instance.nk");
  const own = headsByHand({ key_file });
  await assert.rejects(openJournal(options(dir, { heads: own.heads })), (error) => {
    assert.ok(error instanceof JournalStartError);
    assert.match(error.message, /instance\.nk, cannot be read \(ENOENT\)/);
    return true;
  });
  const key = createServer();
  await writeFile(key_file, key.getSeed(), { mode: 0o600 });
  const [head] = await oneRun(dir, async () => {}, {}, { key_file });
  assert.equal(head?.key, key.getPublicKey());
});

test("a heads file in a folder that is not there refuses the start, with what to change", async (t) => {
  const dir = await tempDir(t);
  const own = headsByHand({ file: join(dir, "none", "heads.jsonl") });
  await assert.rejects(
    openJournal(options(dir, { heads: own.heads })),
    /ENOENT.*journal\.heads\.file/s,
  );
});

test("heads are posted one at a time, the newest only, and a slow sink holds up nobody", async (t) => {
  const dir = await tempDir(t);
  const posted: SignedHead[] = [];
  let answer = () => {};
  const own = headsByHand({
    url: "https://sink.test/heads",
    post: (_url, { body }) =>
      new Promise((resolve) => {
        posted.push(JSON.parse(String(body)));
        answer = () => resolve(new Response(null, { status: 204 }));
      }),
  });
  const journal = await open(t, dir, { heads: own.heads });
  await until(() => posted.length === 1);
  for (const id of ["a", "b", "c"]) {
    await journal.record(issued(id));
    own.tick();
  }
  assert.equal(posted.length, 1);
  answer();
  await until(() => posted.length === 2, own.tick);
  assert.equal(posted[1]?.seq, journal.stats().last_seq);
  answer();
  await journal.close();
  assert.equal(posted.length, 2);
  assert.equal(journal.stats().heads_failed, 0);
});

test("a head that was not taken is counted, told without the URL, and sent with the next", async (t) => {
  const dir = await tempDir(t);
  const answers = [
    () =>
      Promise.reject(
        Object.assign(new TypeError("fetch failed"), {
          cause: Object.assign(new Error(), { code: "ECONNREFUSED" }),
        }),
      ),
    async () => new Response("no", { status: 500 }),
    () => Promise.reject(new Error("https://sink.test/secret was not reached")),
    async () => new Response(),
  ];
  const posted: SignedHead[] = [];
  const own = headsByHand({
    url: "https://sink.test/secret",
    post: async (_url, { body, redirect, signal }) => {
      assert.equal(redirect, "error");
      assert.ok(signal);
      posted.push(JSON.parse(String(body)));
      return (answers.shift() ?? assert.fail())();
    },
  });
  const journal = await open(t, dir, { heads: own.heads });
  await until(() => answers.length === 0, own.tick);
  await journal.close();
  assert.deepEqual(own.failures, [
    { to: "url", reason: "ECONNREFUSED", failures: 1 },
    { to: "url", reason: "HTTP_500", failures: 2 },
    { to: "url", reason: "Error", failures: 3 },
  ]);
  assert.equal(journal.stats().heads_failed, 3);
  assert.deepEqual(
    posted.map(({ seq }) => seq),
    [1, 1, 1, 1],
  );
});

test("a heads file that cannot be written costs heads, not decisions", async (t) => {
  const { dir, file } = await places(t);
  const own = headsByHand({ file });
  const journal = await open(t, dir, { heads: own.heads });
  await until(() => own.signed.length === 1);
  await rm(file);
  await mkdir(file);
  await journal.record(issued("a"));
  await until(() => own.failures.length > 0, own.tick);
  assert.deepEqual([own.failures[0]?.to, own.failures[0]?.reason], ["file", "EISDIR"]);
  await rm(file, { recursive: true });
  await journal.close();
  assert.equal((await headsIn(file)).at(-1)?.seq, journal.stats().last_seq);
});

test("a head that a crash cut short is cut off before the next one is written", async (t) => {
  const { dir, file } = await places(t);
  await oneRun(dir, async () => {}, {}, { file });
  await appendFile(file, '{"writer":"main","seq":2,"ha');
  await oneRun(dir, (journal) => journal.record(issued("a")), {}, { file });
  assert.deepEqual(
    (await headsIn(file)).map(({ seq }) => seq),
    [1, 2],
  );
});

test("the latest time in the journal is known after a restart, and never goes back", async (t) => {
  const dir = await tempDir(t);
  let now_ms = NOON_MS;
  const first = await open(t, dir, { now: () => now_ms });
  await first.record(issued("a"));
  now_ms -= 60_000;
  await first.record(issued("b"));
  assert.equal(first.stats().last_at_ms, NOON_MS);
  await first.close();
  const second = await open(t, dir, { now: () => now_ms });
  assert.equal(second.stats().last_at_ms, NOON_MS);
});
