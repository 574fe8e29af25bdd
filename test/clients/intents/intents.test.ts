import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/transport-node";
import { type Case, LIBRARIES, type Library, type Refused } from "./case.ts";
import { CASES } from "./cases.ts";
import { startServers } from "./fixture.ts";
import type { Outcome } from "./session.ts";
import { FIND, partsOf, sessionOf } from "./use.ts";

const PATIENCE_MS = 30_000;
/** How long clients wait that are not told that they were refused. */
const IMPATIENT_MS = 300;

const servers = await startServers({ after });

for (const library of LIBRARIES) {
  test(`${library} does with each intent what it is for, and nothing else`, async (t) => {
    const use = await FIND[library]();
    if (typeof use === "string") {
      // Skipped, not passed: of this library nothing is known here.
      t.diagnostic(`${library} was not tried: it needs ${use}`);
      return t.skip(`it needs ${use}`);
    }
    const sessions = await Promise.all(CASES.map((one) => sessionOf(servers, one, library)));
    const asked = askService(servers.admin(library));
    const result = await use({ sessions, patience_ms: PATIENCE_MS, impatient_ms: IMPATIENT_MS });
    t.diagnostic(result.client);
    for (const [i, one] of CASES.entries())
      await t.test(`${library}: ${one.title}`, () => check(one, library, result.sessions[i]));
    assert.deepEqual(await asked, ["from orders", "orders", "orders", "orders", "from orders"]);
  });
}

function check(one: Case, library: Library, outcomes: readonly Outcome[] = []): void {
  const { works, refused } = partsOf(one, library);
  assert.equal(outcomes.length, works.length + refused.length);
  for (const [i, { step, value }] of works.entries())
    assert.deepEqual(outcomes[i], { value, refused: [] }, JSON.stringify(step));
  for (const [i, part] of refused.entries()) checkRefused(part, outcomes[works.length + i]);
}

function checkRefused({ step, on }: Refused, outcome: Outcome | undefined): void {
  const about = `${JSON.stringify(step)}: ${JSON.stringify(outcome)}`;
  const seen = (outcome?.refused ?? []).map(plain);
  const found = on.map((pattern) => seen.some((words) => fits(plain(pattern), words)));
  if (step.do === "publish" || step.do === "subscribe") {
    assert.ok(!found.includes(false) && seen.length === on.length, about);
  } else {
    assert.ok(found.includes(true) && outcome?.error !== undefined, about);
  }
}

/** Each library has its words for it, and nats-py writes them in lower case. */
function plain(words: string): string {
  const said = /violation for (publish|subscri\w+) to "([^"]+)"(?: using queue "([^"]+)")?/i;
  const [, how, subject, queue] = said.exec(words) ?? [];
  if (how === undefined) return words.toLowerCase();
  const direction = how.toLowerCase() === "publish" ? "publish" : "subscribe";
  return [direction, subject, queue].filter(Boolean).join(" ").toLowerCase();
}

function fits(pattern: string, words: string): boolean {
  const [left, right] = [pattern.split("."), words.split(".")];
  return left.length === right.length && left.every((word, i) => word === "*" || word === right[i]);
}

/** Asks the micro service as soon as it answers, finds it by discovery, and asks once more. */
async function askService(admin: NatsConnection): Promise<readonly string[]> {
  const ask = async () => (await admin.request("svc.orders.get", "", { timeout: 5_000 })).string();
  const find = async (subject: string) => {
    const { name } = (await admin.request(subject, "", { timeout: 5_000 })).json<{
      name: string;
    }>();
    return name;
  };
  const deadline_ms = performance.now() + PATIENCE_MS;
  let first = await ask().catch(() => undefined);
  while (first === undefined) {
    if (performance.now() > deadline_ms) return ["no answer"];
    await delay(20);
    first = await ask().catch(() => undefined);
  }
  const found = ["$SRV.PING", "$SRV.INFO.orders", "$SRV.STATS.orders"].map(find);
  return [first, ...(await Promise.all(found)), await ask()];
}
