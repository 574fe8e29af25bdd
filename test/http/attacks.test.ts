import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { startProvider } from "../support/provider.ts";
import { EVERYONE, makeAccount, makeDir, startService } from "../support/service.ts";
import { type Attack, filled } from "./attacks/attack.ts";
import { SLOW } from "./attacks/connections.ts";
import { ANSWER_LIMIT_MS, assertHeard } from "./attacks/heard.ts";
import { ATTACKS } from "./attacks/table.ts";
import { converse } from "./attacks/wire.ts";
import { encoded, exchangeOf } from "./doors.ts";

const scope = { after };
const provider = await startProvider(scope, { alg: "ES256" });
const service = await startService(scope, {
  provider,
  policy: EVERYONE,
  accounts: [await makeAccount(await makeDir(scope))],
  config: { limits: { request_timeout: "1s" } },
});
const token = await provider.token();
const form = encoded(exchangeOf(token));
const port = Number(new URL(service.url).port);
const issued: string[] = [];

async function assertServes(): Promise<void> {
  const { status, json } = await service.ask(token);
  assert.equal(status, 200);
  issued.push(json.id);
}

function attacked(attack: Attack): void {
  const { name, answers } = attack;
  test(`${name}: ${[...new Set(answers)].join(", ") || "the connection ends"}`, async () => {
    issued.push(...assertHeard(await converse(port, filled(attack, token, form)), answers));
    await assertServes();
  });
}

for (const [name, table] of Object.entries(ATTACKS)) describe(name, () => table.forEach(attacked));

describe("slow", { concurrency: true }, () => SLOW.forEach(attacked));

test("who sends requests without end ahead of all answers is not heard out", async () => {
  const bytes = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".repeat(100_000);
  const { answers } = await converse(port, { name: "", bytes, answers: [], drip: "x" });
  assert.ok(answers.length < 10_000, `${answers.length} answers`);
  await assertServes();
});

test("where metrics are read, what does not arrive in time is ended too", async () => {
  const metrics_port = Number(new URL(service.metrics_url).port);
  const bytes = "POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n";
  const { took_ms } = await converse(metrics_port, { name: "", bytes, answers: [], drip: "x" });
  assert.ok(took_ms < ANSWER_LIMIT_MS, `${took_ms} ms`);
});

test("every row is a test of its own, and there are many", () => {
  const names = [...Object.values(ATTACKS).flat(), ...SLOW].map(({ name }) => name);
  assert.deepEqual(
    names.filter((name, i) => names.indexOf(name) !== i),
    [],
  );
  assert.ok(names.length >= 250, String(names.length));
});

test("no credential was given but in an answer of 200, and nothing failed unexpectedly", async () => {
  await assertServes(); // recorded, and with it everything before
  const events = await service.journal();
  const recorded = events.flatMap((event) =>
    event.type === "credential.issued" ? [event.id] : [],
  );
  assert.equal(recorded.length, issued.length);
  assert.deepEqual(new Set(recorded), new Set(issued));
  assert.doesNotMatch(service.logs().join("\n"), /unexpected failure|Warning/);
});
