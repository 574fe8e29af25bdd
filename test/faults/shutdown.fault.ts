import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { type TestContext, test } from "node:test";
import type { Service } from "../support/service.ts";
import { assertRecorded, assertVerifies, serving } from "./callers.ts";

const LIMIT = { timeout: 120_000 };
const CONNECTIONS = 50;
const ROUNDS = 5;
const ANSWERS_BEFORE = 100;
/** Where the callers get no processor for too long. Nothing that crossed may be on record. */
const CROSSED_MAX = CONNECTIONS / 10;
/** The grace, of which a service that answers at once needs next to nothing. */
const END_LIMIT_MS = 5_000;

/** How a request ended, as its caller can tell. */
type End =
  | { readonly kind: "issued"; readonly id: string }
  | { readonly kind: "refused"; readonly code: string }
  /** Nothing listened any more. */
  | { readonly kind: "nobody" }
  /** It was sent on a connection that had waited so long that it was closed at that moment. */
  | { readonly kind: "crossed" }
  /** It had been sent on a connection that was open, and nothing came back. */
  | { readonly kind: "lost"; readonly why: string };

/** Sends one request on a connection of this agent, and watches closely what becomes of it. */
async function ask(service: Service, token: string, agent: Agent): Promise<End> {
  const call = request(`${service.url}/v1/credentials`, {
    method: "POST",
    agent,
    headers: { authorization: `Bearer ${token}`, "content-length": "0" },
  });
  call.end();
  try {
    const [response] = await once(call, "response");
    let text = "";
    for await (const chunk of response) text += chunk;
    const body = JSON.parse(text);
    if (response.statusCode === 200) return { kind: "issued", id: body.id };
    return { kind: "refused", code: body.code };
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "ECONNREFUSED") return { kind: "nobody" };
    return call.reusedSocket ? { kind: "crossed" } : { kind: "lost", why: code };
  }
}

async function stoppedUnderLoad(t: TestContext, signal: NodeJS.Signals): Promise<void> {
  const { options, service, token } = await serving(t);
  const ends: End[] = [];
  const callers = Array.from({ length: CONNECTIONS }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (;;) {
      const end = await ask(service, token, agent);
      ends.push(end);
      if (end.kind !== "issued") break;
    }
    agent.destroy();
  });
  while (ends.length < ANSWERS_BEFORE) await service.request("/healthz");
  const from_ms = performance.now();
  assert.equal(await service.stop(signal), 0, service.logs().slice(-5).join("\n"));
  assert.ok(performance.now() - from_ms < END_LIMIT_MS);
  await Promise.all(callers);
  const issued = ends.flatMap((end) => (end.kind === "issued" ? [end.id] : []));
  for (const end of ends) {
    assert.notEqual(end.kind, "lost", JSON.stringify(end));
    if (end.kind === "refused") assert.equal(end.code, "shutting_down");
  }
  const crossed = ends.filter(({ kind }) => kind === "crossed").length;
  assert.ok(crossed <= CROSSED_MAX, `${crossed} requests crossed the end of their connection`);
  // Exactly: what was recorded was received too, so no accepted request lost its answer.
  await assertRecorded(options.dir, issued);
  await assertVerifies(t, options.dir);
}

for (let round = 1; round <= ROUNDS; round++) {
  const signal = round % 2 === 1 ? "SIGTERM" : "SIGINT";
  test(
    `${signal} with ${CONNECTIONS} busy connections loses no answer, and ends with 0 (${round})`,
    LIMIT,
    (t) => stoppedUnderLoad(t, signal),
  );
}
