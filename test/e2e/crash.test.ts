import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { verifyJournal } from "../../src/journal/index.ts";
import type { Scope } from "../support/project.ts";
import { startProvider } from "../support/provider.ts";
import {
  EVERYONE,
  makeAccount,
  makeDir,
  readJournal,
  type Service,
  startService,
} from "../support/service.ts";

/** Many more are in test/faults. */
const ROUNDS = 6;
/** Services that are killed side by side. */
const LANES = 2;
/** Requests under way at any time. */
const CALLERS = 8;
/** Credentials that have been received when the process is killed. */
const RECEIVED_BEFORE_KILL = 3;

const provider = await startProvider({ after }, { alg: "ES256" });

/** Asks without a pause until the service is gone. Keeps the ids of what arrived whole. */
async function askUntilGone(service: Service, token: string, received: string[]): Promise<void> {
  for (;;) {
    const answer = await service.ask(token).catch(() => undefined);
    if (!answer) return;
    assert.equal(answer.status, 200, answer.text);
    received.push(answer.json.id);
    if (received.length >= RECEIVED_BEFORE_KILL) service.child.kill("SIGKILL");
  }
}

/** One service, started and killed again and again in the same folder. Resolves with what is wrong. */
async function kill(rounds: number, scope: Scope): Promise<string[]> {
  const dir = await makeDir(scope);
  const accounts = [await makeAccount(dir)];
  const token = await provider.token();
  const received: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const service = await startService(scope, { provider, policy: EVERYONE, accounts, dir });
    const now: string[] = [];
    await Promise.all(Array.from({ length: CALLERS }, () => askUntilGone(service, token, now)));
    received.push(...now);
  }
  assert.ok(received.length >= rounds * RECEIVED_BEFORE_KILL);
  const folder = join(dir, "journal", "main");
  const [verified] = await verifyJournal(folder);
  const issued = new Set<string>();
  for (const event of await readJournal(folder)) {
    if (event.type === "credential.issued") issued.add(event.id);
  }
  const missing = received
    .filter((id) => !issued.has(id))
    .map((id) => `${id} is not in the journal`);
  return [...(verified?.faults ?? ["there is no journal"]), ...missing];
}

test(`killed ${ROUNDS} times while issuing, every credential that arrived is in a journal that verifies`, async (t) => {
  const lanes = Array.from({ length: LANES }, () => kill(ROUNDS / LANES, t));
  assert.deepEqual((await Promise.all(lanes)).flat(), []);
});
