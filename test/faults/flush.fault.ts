import assert from "node:assert/strict";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runProgram } from "../cli/support.ts";
import { PROJECT, run } from "../support/project.ts";
import { makeDir, startService } from "../support/service.ts";
import { assertVerifies, outcomeOf, recordedIds, situation } from "./callers.ts";

const LIMIT = { timeout: 120_000 };
const CALLERS = 40;
const JOURNAL_LOST = 3;

/** Flushes of a process with this environment fail while the trigger is there. Wants a C compiler. */
async function failingFlush(t: TestContext) {
  const dir = await makeDir(t);
  const library = join(dir, "failing-flush.so");
  const source = join(PROJECT, "test/faults/failing-flush.c");
  await run("cc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], { limit_ms: 60_000 });
  const trigger = join(dir, "trigger");
  return { trigger, env: { LD_PRELOAD: library, FLUSH_FAULT: trigger } };
}

test(
  "when a flush fails with EIO those who wait get 503, and the process ends with 3",
  LIMIT,
  async (t) => {
    const { provider, options } = await situation(t);
    const { trigger, env } = await failingFlush(t);
    const service = await startService(t, { ...options, env });
    const token = await provider.token();
    const ended = once(service.child, "exit");
    const received: string[] = [];
    const outcomes: string[] = [];
    // Each goes on until it was refused once, so that many wait when it happens.
    const asking = Array.from({ length: CALLERS }, async () => {
      for (;;) {
        const answer = await service.ask(token).catch(() => undefined);
        if (!answer) return outcomes.push("no connection");
        if (answer.status === 200) received.push(answer.json.id);
        else return outcomes.push(outcomeOf(answer));
      }
    });
    while (received.length < CALLERS) await service.request("/healthz");
    await writeFile(trigger, "");
    await Promise.all(asking);
    assert.deepEqual(await ended, [JOURNAL_LOST, null]);
    const refused = outcomes.filter((outcome) => outcome === "journal_unavailable");
    assert.ok(refused.length > 0, outcomes.join());
    // Whoever came when the process had already let go of its port found nobody.
    const others = new Set(outcomes.filter((outcome) => outcome !== "journal_unavailable"));
    for (const other of others) assert.match(other, /^(no connection|shutting_down)$/);
    assert.ok(service.logs().some((line) => line.includes("the journal is lost")));

    const again = await runProgram(t, ["serve", "--config", service.config_file], { env });
    assert.equal(again.code, JOURNAL_LOST, again.err);

    await rm(trigger);
    const restarted = await startService(t, options);
    assert.equal(outcomeOf(await restarted.ask(token)), "issued");
    const recorded = await recordedIds(options.dir);
    assert.deepEqual(
      received.filter((id) => !recorded.has(id)),
      [],
    );
    await assertVerifies(t, options.dir);
  },
);
