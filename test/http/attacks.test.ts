import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { ERRORS, type ErrorCode } from "../../src/errors.ts";
import { startProvider } from "../support/provider.ts";
import { makeAccount, makeDir, startService } from "../support/service.ts";
import { type Attack, filled } from "./attacks/attack.ts";
import { AUTHORIZATIONS } from "./attacks/authorization.ts";
import { BODIES } from "./attacks/bodies.ts";
import { PIPELINES, SLOW } from "./attacks/connections.ts";
import { FRAMING } from "./attacks/framing.ts";
import { LINES } from "./attacks/lines.ts";
import { TARGETS } from "./attacks/targets.ts";
import { converse, type Heard, type RawAnswer } from "./attacks/wire.ts";
import { encoded, exchangeOf } from "./doors.ts";

const POLICY = `
version: 1
rules:
  - name: everyone
    issuer: corp
    grant: { account: ORDERS, subscribe: [orders.>], publish: [orders.new] }
`;

/** Of an answer, and for those that are slow of the end of the connection: a second, and a look each second. */
const ANSWER_LIMIT_MS = 5_000;

const scope = { after };
const provider = await startProvider(scope, { alg: "ES256" });
const service = await startService(scope, {
  provider,
  policy: POLICY,
  accounts: [await makeAccount(await makeDir(scope))],
  config: { limits: { request_timeout: "1s" } },
});
const token = await provider.token();
const form = encoded(exchangeOf(token));
const port = Number(new URL(service.url).port);
const issued: string[] = [];

/** `200`, or the status and the code; fails where an error is none of the table. */
function said({ status, headers, body }: RawAnswer): string {
  if (status < 300 || body === "") return String(status); // an interim answer, a good one, or one to HEAD
  const { code, request_id } = JSON.parse(body) as { code: ErrorCode; request_id: string };
  const oauth = headers.get("content-type") === "application/json";
  assert.equal(
    headers.get("content-type"),
    oauth ? "application/json" : "application/problem+json",
  );
  assert.ok(oauth || status === ERRORS[code].status, `${status} ${code}`);
  assert.equal(headers.get("x-request-id"), request_id);
  assert.equal(headers.get("cache-control"), "no-store");
  return `${status} ${code}`;
}

/** What was heard is what should be, and beyond it at most the answer to the request that came after. */
function assertHeard({ answers, rest, took_ms }: Heard, expected: readonly string[]): void {
  const [own, beyond] = [answers.slice(0, expected.length), answers.slice(expected.length)];
  assert.deepEqual(own.map(said), expected);
  assert.ok(beyond.length === 0 || beyond.map(({ body }) => body).join() === '{"status":"ok"}');
  assert.equal(rest, "");
  assert.ok(took_ms < ANSWER_LIMIT_MS, `${took_ms} ms`);
  for (const { body } of own) {
    assert.doesNotMatch(body, /node:|\.js:\d/); // no stack trace
    const [, id] = /"id":"([^"]+)"/.exec(body) ?? [];
    if (id !== undefined) issued.push(id);
  }
}

async function assertServes(): Promise<void> {
  const { status, json } = await service.ask(token);
  assert.equal(status, 200);
  issued.push(json.id);
}

function attacked(attack: Attack): void {
  const { name, answers } = attack;
  test(`${name}: ${[...new Set(answers)].join(", ") || "the connection ends"}`, async () => {
    assertHeard(await converse(port, filled(attack, token, form)), answers);
    await assertServes();
  });
}

const TABLES = { FRAMING, LINES, TARGETS, BODIES, PIPELINES, AUTHORIZATIONS };
for (const [name, table] of Object.entries(TABLES))
  describe(name.toLowerCase(), () => table.forEach(attacked));

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
  const names = [...Object.values(TABLES).flat(), ...SLOW].map(({ name }) => name);
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
