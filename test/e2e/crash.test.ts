import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { verifyJournal } from "../../src/journal/index.ts";
import { startProvider } from "../support/provider.ts";
import {
  makeAccount,
  makeDir,
  readJournal,
  type Service,
  startService,
} from "../support/service.ts";

const POLICY = `
version: 1
rules:
  - { name: everyone, issuer: corp, grant: { account: ORDERS, subscribe: [orders.>] } }
`;

/** Kills of one service, one after the other. */
const ROUNDS = 50;
/** Requests under way at any time. */
const CALLERS = 8;
/** Credentials that have been received when the process is killed. */
const RECEIVED_BEFORE_KILL = 3;

const scope = { after };

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

test(`killed ${ROUNDS} times while issuing, every credential that arrived is in a journal that verifies`, async (t) => {
  const dir = await makeDir(scope);
  const provider = await startProvider(scope, { alg: "ES256" });
  const accounts = [await makeAccount(dir)];
  const token = await provider.token();
  const received: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const service = await startService(t, { provider, policy: POLICY, accounts, dir });
    const now: string[] = [];
    await Promise.all(Array.from({ length: CALLERS }, () => askUntilGone(service, token, now)));
    received.push(...now);
  }
  const folder = join(dir, "journal", "main");
  const [verified] = await verifyJournal(folder);
  assert.deepEqual(verified?.faults, []);
  const issued = new Set<string>();
  for (const event of await readJournal(folder)) {
    if (event.type === "credential.issued") issued.add(event.id);
  }
  assert.ok(received.length >= ROUNDS * RECEIVED_BEFORE_KILL);
  assert.deepEqual(
    received.filter((id) => !issued.has(id)),
    [],
  );
});
