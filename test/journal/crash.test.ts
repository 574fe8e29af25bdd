import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { verifyJournal } from "../../src/journal/index.ts";
import { linesOf, open, program, requestIds, tempDir } from "./support.ts";

/** Runs a process that records without end, kills it after so many answers; what was answered. */
async function recordUntilKilled(t: TestContext, dir: string, run: number, answers: number) {
  const child = spawn(process.execPath, [program("recording-process"), dir, String(run)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line);
    if (acknowledged.length === answers) child.kill("SIGKILL");
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  assert.equal(child.signalCode, "SIGKILL");
  return acknowledged;
}

test("what was acknowledged is in the journal, whole, however often the process is killed", async (t) => {
  const dir = await tempDir(t);
  const acknowledged: string[] = [];
  for (const [run, answers] of [300, 1, 777, 50, 1500, 2].entries()) {
    acknowledged.push(...(await recordUntilKilled(t, dir, run, answers)));
  }
  const journal = await open(t, dir, { now: Date.now });
  await journal.close();
  const [report] = await verifyJournal(dir);
  assert.deepEqual(report?.faults, []);
  assert.ok((report?.segments ?? 0) > 3, `${report?.segments} segments`);
  const kept = new Set(requestIds(await linesOf(join(dir, "main"))));
  assert.ok(acknowledged.length >= 2630);
  assert.deepEqual(
    acknowledged.filter((id) => !kept.has(id)),
    [],
  );
});
