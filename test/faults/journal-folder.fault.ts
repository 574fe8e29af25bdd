import assert from "node:assert/strict";
import { cp, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runProgram } from "../cli/support.ts";
import { type Service, startService } from "../support/service.ts";
import { assertRecorded, assertVerifies, outcomeOf, serving, unready } from "./callers.ts";
import { smallDisk } from "./small-disk.ts";

const LIMIT = { timeout: 120_000 };

async function running(t: TestContext, dir?: string) {
  const { options, service, token } = await serving(t, dir);
  const received: string[] = [];
  const ask = async (from: Service = service) => {
    const answer = await from.ask(token);
    if (answer.status === 200) received.push(answer.json.id);
    return outcomeOf(answer);
  };
  assert.equal(await ask(), "issued");
  const folder = join(options.dir, "journal", "main");
  return {
    dir: options.dir,
    folder,
    aside: join(options.dir, "journal", ".aside"),
    options,
    service,
    received,
    ask,
  };
}

/** Nothing is issued, readiness names the journal, the process lives. */
async function assertRefuses({ service, ask }: Awaited<ReturnType<typeof running>>) {
  for (let i = 0; i < 5; i++) assert.equal(await ask(), "journal_unavailable");
  assert.deepEqual(await unready(service), ["journal"]);
  assert.equal((await service.request("/healthz")).status, 200);
}

test(
  "while the file system is read-only nothing is issued; when it is writable again it goes on",
  LIMIT,
  async (t) => {
    const disk = await smallDisk(t);
    const all = await running(t, disk.dir);
    // The system makes no file system read-only while a file on it is open for writing: the service
    // lets go of its file when that has lost its name.
    await rename(all.folder, all.aside);
    assert.equal(await all.ask(), "journal_unavailable");
    await rename(all.aside, all.folder);
    disk.remount("ro");
    await assertRefuses(all);
    assert.ok(all.service.logs().some((line) => line.includes("EROFS")));
    disk.remount("rw");
    assert.deepEqual(await unready(all.service), []);
    assert.equal(await all.ask(), "issued");
    await assertRecorded(all.dir, all.received);
    await assertVerifies(t, all.dir);
  },
);

test(
  "a start on a read-only file system says what is wrong, and one after that goes on",
  LIMIT,
  async (t) => {
    const disk = await smallDisk(t);
    const all = await running(t, disk.dir);
    assert.equal(await all.service.stop("SIGKILL"), null);
    disk.remount("ro");
    const refused = await runProgram(t, ["serve", "--config", all.service.config_file]);
    assert.equal(refused.code, 1, refused.err);
    assert.match(refused.err, /nats-sts: .*journal.*EROFS/);
    assert.ok(!refused.err.includes("    at "), refused.err);
    disk.remount("rw");
    const again = await startService(t, all.options);
    assert.equal(await all.ask(again), "issued");
    await assertRecorded(all.dir, all.received);
    await assertVerifies(t, all.dir);
  },
);

test(
  "while the folder of the journal is away nothing is issued; when it is back it goes on",
  LIMIT,
  async (t) => {
    const all = await running(t);
    await rename(all.folder, all.aside);
    await assertRefuses(all);
    await rename(all.aside, all.folder);
    assert.deepEqual(await unready(all.service), []);
    assert.equal(await all.ask(), "issued");
    await assertRecorded(all.dir, all.received);
    await assertVerifies(t, all.dir);
  },
);

test(
  "a folder that was removed is not made anew in silence: nothing is issued until a restart",
  LIMIT,
  async (t) => {
    const all = await running(t);
    await rm(all.folder, { recursive: true });
    await assertRefuses(all);
    await mkdir(all.folder, { mode: 0o700 });
    await assertRefuses(all);
    assert.equal(await all.service.stop(), 0);
    const again = await startService(t, all.options);
    assert.equal(await all.ask(again), "issued");
    await assertRecorded(all.dir, all.received.slice(-1));
    await assertVerifies(t, all.dir);
  },
);

test(
  "a copy in the place of the folder is not the journal: what would be written elsewhere is not issued",
  LIMIT,
  async (t) => {
    const all = await running(t);
    await rename(all.folder, all.aside);
    await cp(all.aside, all.folder, {
      recursive: true,
      preserveTimestamps: true,
      filter: (path) => !path.endsWith(".sock"),
    });
    await assertRefuses(all);
    // Somebody else may have the copy by now, and this process is in no one's way.
    const other = await startService(t, all.options);
    assert.equal(await all.ask(other), "issued");
    await assertRefuses(all);
    await assertRecorded(all.dir, all.received);
    await assertVerifies(t, all.dir);
    assert.equal(await all.service.stop(), 0);
    assert.equal(await all.ask(other), "issued");
    await assertRecorded(all.dir, all.received);
    await assertVerifies(t, all.dir);
  },
);
