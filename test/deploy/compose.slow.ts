import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { parse } from "yaml";
import { runProgram } from "../cli/support.ts";
import { PROJECT } from "../support/project.ts";
import { makeDir, serveFile } from "../support/service.ts";

const LIMIT = { timeout: 60_000 };
const FILE = join(PROJECT, "deploy/compose.yaml");

const compose = async () => parse(await readFile(FILE, "utf8"), { merge: true });

test(
  "every container of the compose file is without rights, limited, and in one network",
  LIMIT,
  async () => {
    const { services } = await compose();
    for (const [name, service] of Object.entries<Record<string, unknown>>(services)) {
      assert.equal(service["user"], "65532:65532", name);
      assert.equal(service["read_only"], true, name);
      assert.deepEqual(service["cap_drop"], ["ALL"], name);
      assert.deepEqual(service["ulimits"], { core: 0 }, name);
      if (name === "provider") continue;
      assert.equal(service["network_mode"], "service:provider", name);
      assert.equal(service["ports"], undefined, "only the holder of the network publishes ports");
    }
    const published: readonly string[] = services.provider.ports;
    assert.ok(published.every((port) => port.startsWith("127.0.0.1:")));
  },
);

test(
  "what the compose file starts gives a credential for a token of its provider",
  LIMIT,
  async (t) => {
    const { services } = await compose();
    const issuer = await startDemoProvider(t);
    const dir = join(await makeDir(t), "demo");
    const script: string = services.init.entrypoint.at(-1);
    const init = /main\.js (init .*)/.exec(script)?.[1]?.split(" ") ?? [];
    const here: Record<string, string> = { demo: dir, "http://127.0.0.1:8899": issuer };
    const made = await runProgram(
      t,
      init.map((word) => here[word] ?? word),
    );
    assert.equal(made.code, 0, made.err);
    const added = /printf '(.*)' >>/.exec(script)?.[1]?.replaceAll("\\n", "\n");
    assert.ok(added);
    await appendFile(join(dir, "nats-sts.yaml"), added);

    const listen = String(services.sts.environment.NATS_STS_LISTEN).replace(":8080", ":0");
    const service = await serveFile(t, join(dir, "nats-sts.yaml"), {
      NATS_STS_LISTEN: listen,
      NATS_STS_METRICS_LISTEN: "127.0.0.1:0",
    });
    const form = { grant_type: "client_credentials", client_id: "orders-worker" };
    const body = new URLSearchParams({ ...form, client_secret: "demo", scope: "orders.read" });
    const response = await fetch(`${issuer}/token`, { method: "POST", body });
    const { access_token } = (await response.json()) as { access_token: string }; // or the next line fails
    const url = new URL("/v1/credentials", service.url.replace("0.0.0.0", "127.0.0.1"));
    const headers = { authorization: `Bearer ${access_token}`, accept: "text/plain" };
    const answer = await fetch(url, { method: "POST", headers });
    assert.equal(answer.status, 200);
    assert.match(await answer.text(), /^# inbox_prefix: _INBOX\./);
  },
);

test("the demo provider gives no token without the secret", LIMIT, async (t) => {
  const issuer = await startDemoProvider(t);
  const body = new URLSearchParams({ grant_type: "client_credentials", client_id: "x" });
  assert.equal((await fetch(`${issuer}/token`, { method: "POST", body })).status, 401);
  assert.equal((await fetch(`${issuer}/anything`)).status, 404);
});

/** It has to know its own address beforehand, so a port is tried until one is free. */
async function startDemoProvider(t: TestContext): Promise<string> {
  for (let tries = 0; tries < 20; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    const issuer = `http://127.0.0.1:${port}`;
    const child = spawn(process.execPath, [join(PROJECT, "deploy/demo-provider.mjs")], {
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, ISSUER: issuer, LISTEN: `127.0.0.1:${port}`, SECRET: "demo" },
    });
    t.after(() => child.kill("SIGKILL"));
    const line = once(createInterface({ input: child.stdout }), "line").then(() => true);
    if (await Promise.race([line, once(child, "exit").then(() => false)])) return issuer;
  }
  throw new Error("no free port");
}
