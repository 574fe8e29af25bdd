import assert from "node:assert/strict";
import { type ChildProcess, execFile } from "node:child_process";
import { once } from "node:events";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { POLICY, runHere } from "../cli/support.ts";
import { startProvider } from "../support/provider.ts";
import { makeAccount, makeDir, type Service, startService } from "../support/service.ts";

const LIMIT = { timeout: 60_000 };
const SECRET = "canary-7f3a9c";

async function start(t: TestContext, env: Record<string, string> = {}) {
  const provider = await startProvider(t);
  const accounts = [await makeAccount(await makeDir(t))];
  const service = await startService(t, { provider, policy: POLICY, accounts, env });
  return { provider, service };
}

/** Resolves with the next line of the log that has this text, or one that is there already. */
async function logLine(service: Service, text: string): Promise<Record<string, unknown>> {
  const there = service.logs().find((line) => line.includes(text));
  if (there !== undefined) return JSON.parse(there);
  assert.ok(service.child.stderr);
  for await (const line of createInterface({ input: service.child.stderr }))
    if (line.includes(text)) return JSON.parse(line);
  throw new Error(`the log ended without ${text}`);
}

const ended = async (child: ChildProcess): Promise<number | null> =>
  child.exitCode ?? (await once(child, "exit"))[0];

/** A module that Node loads before the service: how a test gets into its process. */
async function preload(t: TestContext, code: string): Promise<Record<string, string>> {
  const file = join(await makeDir(t), "preload.mjs");
  await writeFile(file, code);
  return { NODE_OPTIONS: `--import ${pathToFileURL(file)}` };
}

test("SIGUSR1 opens no debugger", LIMIT, async (t) => {
  const { service } = await start(t);
  service.child.kill("SIGUSR1");
  // A signal that was sent before is handled before, so an answer means that it was ignored.
  assert.equal((await service.request("/healthz")).status, 200);
  assert.equal((await service.request("/healthz")).status, 200);
  assert.doesNotMatch(service.logs().join("\n"), /Debugger listening/);
  await assert.rejects(fetch("http://127.0.0.1:9229/json/list"), /fetch failed/);
});

test("a start that could leak memory warns of each way, and of none otherwise", LIMIT, async () => {
  const limits = (soft: string) => `Max core file size        ${soft}       unlimited    bytes\n`;
  const { exposures } = await import("../../src/cli/exposure.ts");
  assert.deepEqual(exposures({ env: {}, node_flags: [] }, limits("0")), []);
  assert.deepEqual(exposures({ env: {}, node_flags: [] }, ""), []);
  assert.match(exposures({ env: {}, node_flags: [] }, limits("unlimited"))[0] ?? "", /core dump/);
  const heap = exposures(
    { env: { NODE_OPTIONS: "--heapsnapshot-signal=SIGUSR2" }, node_flags: ["--report-on-signal"] },
    limits("0"),
  );
  assert.equal(heap.length, 2);
});

test("a debugger that was asked for is warned of in the log", LIMIT, async (t) => {
  const { service } = await start(t, { NODE_OPTIONS: "--inspect=127.0.0.1:0" });
  const { level, risk } = await logLine(service, "secrets in memory");
  assert.equal(level, 40);
  assert.match(String(risk), /debugger/);
});

test("core dumps that are allowed are warned of in the log", {
  ...LIMIT,
  skip: process.platform !== "linux" && "there is no /proc",
}, async (t) => {
  const { service } = await start(t);
  const soft = await new Promise<string>((resolve, reject) =>
    execFile("sh", ["-c", "ulimit -S -c"], (error, out) =>
      error ? reject(error) : resolve(out.trim()),
    ),
  );
  const warned = service.logs().some((line) => line.includes("core dump"));
  assert.equal(warned, soft !== "0");
});

test(
  "after SIGTERM nobody new is let in, answers in flight finish, and the exit code is 0",
  LIMIT,
  async (t) => {
    const { provider, service } = await start(t);
    const { kty, n, e, kid, use, alg } = provider.signingKey();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      provider.intercept((request, response) => {
        if (!request.url?.endsWith("/jwks")) return false;
        release = () => response.end(JSON.stringify({ keys: [{ kty, n, e, kid, use, alg }] }));
        resolve();
        return true;
      });
    });
    const asked = service.ask(await provider.token());
    await held;
    service.child.kill("SIGTERM");
    await logLine(service, '"msg":"stopping"');
    await assert.rejects(service.request("/readyz"), /fetch failed/);
    release();
    const { status, headers, json } = await asked;
    assert.equal(status, 200);
    assert.equal(headers.get("connection"), "close");
    assert.equal(await ended(service.child), 0);
    const issued = (await service.journal()).filter(({ type }) => type === "credential.issued");
    assert.deepEqual(
      issued.map((event) => "id" in event && event.id),
      [json.id],
    );
  },
);

test(
  "an error that nothing expected is logged without its values, and ends with 4",
  LIMIT,
  async (t) => {
    const env = await preload(
      t,
      `process.on("SIGUSR2", () => {
      throw Object.assign(new TypeError("${SECRET}"), { token: "${SECRET}", cause: "${SECRET}" });
    });`,
    );
    const { service } = await start(t, env);
    service.child.kill("SIGUSR2");
    assert.equal(await ended(service.child), 4);
    const { level, stack } = await logLine(service, "unexpected failure");
    assert.equal(level, 60);
    assert.match(String(stack), /^TypeError\n {4}at .*preload\.mjs/);
    const last = (await service.journal()).at(-1);
    assert.deepEqual(last?.type === "service.crashed" && last.where, stack);
    for (const text of [service.logs().join("\n"), JSON.stringify(last)])
      assert.doesNotMatch(text, new RegExp(SECRET));
  },
);

test(
  "a promise that nobody waited for ends the same way, whatever it was rejected with",
  LIMIT,
  async (t) => {
    const env = await preload(
      t,
      `process.on("SIGUSR2", () => { Promise.reject({ token: "${SECRET}" }); });`,
    );
    const { service } = await start(t, env);
    service.child.kill("SIGUSR2");
    assert.equal(await ended(service.child), 4);
    assert.doesNotMatch(service.logs().join("\n"), new RegExp(SECRET));
  },
);

test(
  "healthcheck asks the service where the configuration says, and fails when it has gone",
  LIMIT,
  async (t) => {
    const { service } = await start(t);
    const env = { NATS_STS_LISTEN: new URL(service.url).host };
    const ask = () => runHere(["healthcheck", "--config", service.config_file], { env });
    assert.deepEqual(await ask(), { code: 0, out: "", err: "" });
    await service.stop();
    const gone = await ask();
    assert.equal(gone.code, 1);
    assert.match(gone.err, /does not answer/);
  },
);

test("no key file that a start read is left open or copied", LIMIT, async (t) => {
  const { service } = await start(t);
  const config = JSON.parse(await readFile(service.config_file, "utf8"));
  const file = config.accounts[0].signing_keys[0].file;
  assert.equal((await stat(file)).mode & 0o077, 0);
  const seed = (await readFile(file, "latin1")).trim();
  const written = [...service.logs(), JSON.stringify(await service.journal())].join("\n");
  assert.ok(!written.includes(seed));
});
