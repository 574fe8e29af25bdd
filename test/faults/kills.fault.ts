import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startService } from "../support/service.ts";
import { assertVerifies, faultsOf, outcomeOf, recordedIds, situation } from "./callers.ts";

const KILLS = 200;
/** Services that are killed side by side, each with a journal of its own. */
const LANES = 4;
/** Requests under way at any time, at each of them. */
const CALLERS = 6;
/** A service is killed after none to so many answers, and up to so many milliseconds after the last. */
const ANSWERS_MAX = 30;
const LATER_MAX_MS = 10;
/** All kills together take a minute and a half on two cores that have nothing else to do. */
const LIMIT = { timeout: 540_000 };

/** Starts and kills a service again and again on one journal. Resolves with what its callers got. */
async function lane(t: TestContext, kills: number): Promise<number> {
  const { provider, options } = await situation(t);
  const received = new Set<string>();
  for (let kill = 1; kill <= kills; kill++) {
    const service = await startService(t, options);
    const token = await provider.token(); // none outlives all kills
    const enough = received.size + Math.random() * ANSWERS_MAX;
    const asking = Array.from({ length: CALLERS }, async () => {
      for (;;) {
        const answer = await service.ask(token).catch(() => undefined);
        if (!answer) return;
        assert.equal(outcomeOf(answer), "issued");
        received.add(answer.json.id);
      }
    });
    while (received.size < enough) await delay(1);
    await delay(Math.random() * LATER_MAX_MS);
    assert.equal(await service.stop("SIGKILL"), null);
    await Promise.all(asking);
    assert.deepEqual(await faultsOf(options.dir), [], `after kill ${kill}`);
    const recorded = await recordedIds(options.dir);
    const missing = [...received].filter((id) => !recorded.has(id));
    assert.deepEqual(missing, [], `after kill ${kill}`);
  }
  const last = await startService(t, options);
  assert.equal(outcomeOf(await last.ask(await provider.token())), "issued");
  assert.equal(await last.stop(), 0);
  await assertVerifies(t, options.dir);
  return received.size;
}

test(
  `killed ${KILLS} times at any moment, no credential that arrived is missing, and the journal verifies each time`,
  LIMIT,
  async (t) => {
    const received = await Promise.all(Array.from({ length: LANES }, () => lane(t, KILLS / LANES)));
    const sum = received.reduce((all, each) => all + each, 0);
    t.diagnostic(`${sum} credentials arrived`);
    assert.ok(sum >= KILLS * 5);
  },
);
