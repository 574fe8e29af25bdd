import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { after, type TestContext, test } from "node:test";
import { startProvider } from "../support/provider.ts";
import { makeAccount, makeDir, type Service, startService } from "../support/service.ts";
import { POLICY } from "./support.ts";

const LIMIT = { timeout: 60_000 };
const provider = await startProvider({ after }, { alg: "ES256" });

async function serve(t: TestContext, shutdown_delay: string): Promise<Service> {
  const accounts = [await makeAccount(await makeDir(t))];
  const config = { limits: { shutdown_delay } };
  return startService(t, { provider, policy: POLICY, accounts, config });
}

/** Waits for a line of its log. */
async function said(service: Service, words: string): Promise<void> {
  while (!service.logs().some((line) => line.includes(words)))
    await once(service.child.stderr ?? assert.fail("it has no log"), "data");
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

test(
  "after SIGTERM readiness sends callers away first, and whoever comes is served",
  LIMIT,
  async (t) => {
    const service = await serve(t, "2s");
    const token = await provider.token();
    assert.equal((await service.request("/readyz")).status, 200);
    const exited = once(service.child, "exit");
    const ms = await took(async () => {
      service.child.kill("SIGTERM");
      await said(service, '"msg":"stopping"');
      const { status, json } = await service.request("/readyz");
      assert.equal(status, 503);
      assert.equal(json.status, "not ready");
      const failed = json.checks.filter((check: { failed?: string }) => check.failed !== undefined);
      assert.deepEqual(failed, [{ name: "stopping", failed: "this instance is about to stop" }]);
      assert.equal((await fetch(`${service.metrics_url}/readyz`)).status, 503);
      assert.equal((await service.request("/healthz")).status, 200);
      const answer = await service.ask(token);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.headers.get("connection"), "close", "the next request goes elsewhere");
      assert.deepEqual(await exited, [0, null]);
    });
    assert.ok(ms >= 2_000, `${ms} ms`);
    const events = await service.journal();
    assert.equal(events.filter(({ type }) => type === "credential.issued").length, 1);
  },
);

test(
  "a second signal, SIGINT and 0s skip that time, and more signals do not kill",
  LIMIT,
  async (t) => {
    for (const [delay, signals] of [
      ["1m", ["SIGTERM", "SIGTERM", "SIGTERM", "SIGINT"]],
      ["1m", ["SIGTERM", "SIGINT"]],
      ["1m", ["SIGINT"]],
      ["0s", ["SIGTERM"]],
    ] as const) {
      const service = await serve(t, delay);
      const exited = once(service.child, "exit");
      const ms = await took(async () => {
        for (const signal of signals) {
          service.child.kill(signal);
          await said(service, '"msg":"stopping"'); // two that come at once would be one
        }
        assert.deepEqual(await exited, [0, null], `${delay} ${signals}`);
      });
      assert.ok(ms < 10_000, `${delay} ${signals}: ${ms} ms`);
    }
  },
);

test("a connection that is kept alive is given back with its next answer", LIMIT, async (t) => {
  const service = await serve(t, "1m");
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const get = async () => {
    const [response] = await once(request(`${service.url}/healthz`, { agent }).end(), "response");
    response.resume();
    await once(response, "end");
    return response.headers.connection;
  };
  assert.equal(await get(), "keep-alive");
  service.child.kill("SIGTERM");
  await said(service, '"msg":"stopping"');
  assert.equal(await get(), "close");
});
