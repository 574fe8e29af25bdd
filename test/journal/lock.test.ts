import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { lockFolder } from "../../src/journal/lock.ts";
import { program, tempDir } from "./support.ts";

/** A process that waits for a line, then tries to take the folder; it keeps what it took. */
async function contender(t: TestContext, folder: string) {
  const child = spawn(process.execPath, [program("locking-process"), folder], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, "ready");
  return { child, go: () => child.stdin.write("\n"), said: async () => (await lines.next()).value };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

test("a folder that is taken is refused, with its name and what to do, until it is released", async (t) => {
  const folder = await tempDir(t);
  const release = await lockFolder(folder);
  await assert.rejects(lockFolder(folder), (error: Error) => {
    assert.equal(error.name, "JournalStartError");
    assert.ok(error.message.includes(folder));
    assert.match(error.message, /in use by another process: stop that one, or give this one/);
    return true;
  });
  await release();
  assert.deepEqual(await readdir(folder), []);
  await (await lockFolder(folder))();
});

test("the lock of a process that was killed is taken over", async (t) => {
  const folder = await tempDir(t);
  const one = await contender(t, folder);
  one.go();
  assert.equal(await one.said(), "won");
  await assert.rejects(lockFolder(folder), { name: "JournalStartError" });
  await kill(one.child);
  assert.deepEqual(await readdir(folder), ["lock.sock"], "nobody cleaned up");
  const release = await lockFolder(folder);
  assert.deepEqual(await readdir(folder), ["lock.sock"]);
  await release();
});

test("of processes that start at once above a stale lock, exactly one wins", async (t) => {
  const folder = await tempDir(t);
  for (let round = 0; round < 5; round++) {
    const all = await Promise.all(Array.from({ length: 6 }, () => contender(t, folder)));
    for (const { go } of all) go();
    const said = await Promise.all(all.map((one) => one.said()));
    assert.deepEqual(said.sort(), [...Array(5).fill("lost"), "won"]);
    await Promise.all(all.map(({ child }) => kill(child)));
  }
});

test("of starts within a process that race above a stale lock, exactly one wins", async (t) => {
  const folder = await tempDir(t);
  for (let round = 0; round < 50; round++) {
    await writeFile(join(folder, "lock.sock"), "");
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
    const won = all.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    assert.equal(won.length, 1);
    await won[0]?.();
  }
});

test("what starts left behind that died is removed by the next owner", async (t) => {
  const folder = await tempDir(t);
  for (const name of ["lock.sock", "lock.0123abcd", "wait.0123abcd"])
    await writeFile(join(folder, name), "");
  const release = await lockFolder(folder);
  assert.deepEqual(await readdir(folder), ["lock.sock"]);
  await release();
  assert.deepEqual(await readdir(folder), []);
});

test("releasing leaves the lock of somebody else alone", async (t) => {
  const folder = await tempDir(t);
  const release = await lockFolder(folder);
  await rm(join(folder, "lock.sock"));
  const other = await lockFolder(folder);
  await release();
  await assert.rejects(lockFolder(folder), { name: "JournalStartError" });
  await other();
});

test("a path that no socket can have is refused with the limit", async (t) => {
  const folder = join(await tempDir(t), "x".repeat(90));
  await mkdir(folder);
  await assert.rejects(lockFolder(folder), /over 100 bytes.*choose a shorter journal dir/);
});

test("a folder in which no socket can be made is refused", async (t) => {
  const folder = join(await tempDir(t), "absent");
  await assert.rejects(lockFolder(folder), /No unix socket can be made at .*absent/);
});
