import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { type Provider, startProvider } from "../support/provider.ts";
import { BIN, makeAccount, makeDir, type Service, startService } from "../support/service.ts";
import { goodConfig, POLICY, runHere, runProgram } from "./support.ts";

/** How long a service with nothing in flight may take to end, with much to spare for a busy machine. */
const END_LIMIT_MS = 10_000;

async function service(t: Parameters<typeof makeDir>[0], config: Record<string, unknown> = {}) {
  const provider = await startProvider(t, { alg: "ES256" });
  const accounts = [await makeAccount(await makeDir(t))];
  const started = await startService(t, { provider, policy: POLICY, accounts, config });
  return { provider, service: started };
}

async function endsSoon(service: Service, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  const from = performance.now();
  assert.equal(await service.stop(signal), 0, service.logs().join("\n"));
  const took_ms = performance.now() - from;
  assert.ok(took_ms < END_LIMIT_MS, `took ${Math.round(took_ms)} ms`);
}

/** Makes a provider take requests and never answer. Resolves when the first has come. */
function silenced(provider: Provider): Promise<void> {
  return new Promise((resolve) => {
    provider.intercept(() => {
      resolve();
      return true;
    });
  });
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} ends a service with 0 as soon as nothing is in flight, and it says so`, async (t) => {
    const { service: started } = await service(t);
    assert.match(started.url, /^http:\/\/127\.0\.0\.1:\d+$/);
    await endsSoon(started, signal);
    const said = started.logs().flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []));
    assert.equal(said.find(({ msg }) => msg === "stopping")?.signal, signal);
    assert.equal(said.at(-1)?.msg, "stopped");
  });
}

test("neither connections of callers nor those to the provider hold an ended service open", async (t) => {
  const { provider, service: started } = await service(t);
  const answer = await started.ask(await provider.token()); // leaves connections on both sides
  assert.equal(answer.status, 200, answer.text);
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const call = request(`${started.url}/healthz`, { agent }).end();
  const [response] = await once(call, "response");
  response.resume();
  await once(response, "end");
  await endsSoon(started);
});

for (const [what, bytes] of [
  ["says nothing", ""],
  ["has sent half a header", "POST /v1/credentials HTTP/1.1\r\nHost: a\r\n"],
  [
    "has sent half a body",
    "POST /v1/credentials HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{",
  ],
  ["has sent half a second request", "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /"],
]) {
  test(`a caller who ${what} does not hold an ended service open`, async (t) => {
    const { service: started } = await service(t);
    const { hostname, port } = new URL(started.url);
    const socket = connect(Number(port), hostname);
    t.after(() => socket.destroy());
    await once(socket, "connect");
    socket.write(bytes ?? "");
    assert.equal((await started.request("/healthz")).status, 200); // it has come by then
    socket.on("error", () => {}); // the service may end it at once
    await endsSoon(started);
  });
}

test("a provider that keeps us waiting does not hold an ended service open beyond its time", async (t) => {
  const { provider, service: started } = await service(t);
  const token = await provider.token();
  const asked = silenced(provider);
  const answer = started.ask(token).catch(() => undefined);
  await asked;
  const from = performance.now();
  const code = await started.stop();
  assert.ok(performance.now() - from < 10_000);
  assert.equal(code, 0);
  assert.equal((await answer)?.status, 503); // what was in flight got its answer
});

test("an answer that takes longer than the grace ends the service with 1", async (t) => {
  const { provider, service: started } = await service(t, { limits: { shutdown_grace: "1s" } });
  const token = await provider.token();
  const asked = silenced(provider);
  const answer = started.ask(token).catch(() => undefined);
  await asked;
  assert.equal(await started.stop(), 1);
  assert.ok(started.logs().some((line) => line.includes("answers in flight took too long")));
  assert.equal(await answer, undefined);
});

test("SIGUSR1 opens no debugger and changes nothing", async (t) => {
  const { service: started } = await service(t);
  started.child.kill("SIGUSR1");
  assert.equal((await started.request("/healthz")).status, 200);
  await endsSoon(started);
  assert.ok(!started.logs().join("\n").includes("Debugger"));
});

test("a service whose files have faults does not start, and lists what check lists", async (t) => {
  const { dir, file } = await goodConfig(t, { max_tll: "1h" });
  await chmod(join(dir, "ORDERS.nk"), 0o644);
  const served = await runProgram(t, ["serve", "--config", file]);
  const checked = await runProgram(t, ["check", "--config", file]);
  assert.deepEqual([served.code, served.out], [1, ""]);
  assert.equal(`${served.err}2 faults\n`, checked.err);
  await assert.rejects(readFile(join(dir, "journal")), { code: "ENOENT" });
});

test("a port that is in use is a sentence and exit code 1, and the journal is let go", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo; // not a pipe
  const { file } = await goodConfig(t, { listen: `127.0.0.1:${port}` });
  const { code, out, err } = await runProgram(t, ["serve", "--config", file]);
  assert.deepEqual([code, out], [1, ""]);
  assert.match(
    err,
    new RegExp(
      `nats-sts: listen EADDRINUSE.*127\\.0\\.0\\.1:${port}: another process listens there; stop it, or change the address \\(listen, metrics_listen or admin_listen\\)\\n$`,
    ),
  );
  assert.ok(!err.includes("    at "), err);
  const again = await runHere(["serve", "--config", file], {
    env: { NATS_STS_LISTEN: "127.0.0.1:0" },
  });
  assert.equal(again.code, 0, again.err);
});

test("a host that is not ours is a sentence and exit code 1", async (t) => {
  for (const host of ["192.0.2.1", "no-such-host.invalid"]) {
    const { file } = await goodConfig(t, { listen: `${host}:1`, plaintext: true });
    const { code, err } = await runProgram(t, ["serve", "--config", file]);
    assert.equal(code, 1);
    assert.match(
      err,
      /nats-sts: (listen|getaddrinfo) [A-Z_]+.*: change the address \(listen, metrics_listen or admin_listen\)\n$/,
    );
    assert.ok(!err.includes("    at "), err);
  }
});

test("a second service on the same journal does not start, and the first goes on", async (t) => {
  const { service: first } = await service(t);
  const { code, out, err } = await runProgram(t, ["serve", "--config", first.config_file]);
  assert.deepEqual([code, out], [1, ""]);
  assert.match(err, /^nats-sts: .*journal/);
  assert.ok(!err.includes("    at "), err);
  assert.equal((await first.request("/readyz")).status, 200);
  await endsSoon(first);
});

test("a journal that cannot be made is a sentence and exit code 1", async (t) => {
  const { dir, file } = await goodConfig(t, { journal: { dir: "file/journal" } });
  await writeFile(join(dir, "file"), "");
  const { code, err } = await runProgram(t, ["serve", "--config", file]);
  assert.equal(code, 1);
  assert.match(err, /^nats-sts: .*ENOTDIR/);
  assert.ok(!err.includes("    at "), err);
});

test("SIGHUP is heard before anything is read: without a listener it ends a process", async () => {
  const heard: string[] = [];
  const onSignals = (names: readonly NodeJS.Signals[]) => {
    heard.push(...names);
    return () => {};
  };
  const { code } = await runHere(["serve", "--config", "/nowhere/nats-sts.yaml"], { onSignals });
  assert.equal(code, 1);
  assert.deepEqual(heard, ["SIGHUP"]);
});

test("a journal where the system takes no folders is a sentence, too, and soon", async (t) => {
  const { file } = await goodConfig(t, { journal: { dir: "/proc/nobody/journal" } });
  const { code, err } = await runProgram(t, ["serve", "--config", file]);
  assert.equal(code, 1);
  assert.match(err, /^nats-sts: The journal folder \S+ cannot be made \(E[A-Z]+/);
});

test("with journal: stdout the events are on standard output and the log is not", async (t) => {
  const { file } = await goodConfig(t, { journal: "stdout" });
  const { code, out, err } = await runHere(["serve", "--config", file]);
  assert.equal(code, 0, err);
  const lines = out.split("\n").filter((line) => line !== "");
  const types = lines.map((line) => JSON.parse(line).type);
  assert.ok(types.includes("policy.loaded"), out);
  assert.match(err, /"msg":"listening"/);
});

test("with journal: stdout, a reader that leaves is a lost journal, and ends the service", async (t) => {
  const { file } = await goodConfig(t, { journal: "stdout" });
  const child = spawn(process.execPath, [BIN, "serve", "--config", file], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  const closed = once(child, "close");
  await once(child.stdout, "data"); // policy.loaded
  child.stdout.destroy();
  const log: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    log.push(line);
    if (!line.includes('"msg":"listening"')) continue;
    const asked = { method: "POST", headers: { authorization: "Bearer x" } }; // to be journaled
    await fetch(`${JSON.parse(line).url}/v1/credentials`, asked).catch(() => {});
  }
  assert.deepEqual(await closed, [3, null]);
  assert.match(log.at(-1) ?? "", /"reason":"write EPIPE","msg":"the journal is lost"/);
});

test("no seed is in anything that a service says", async (t) => {
  const { dir, file } = await goodConfig(t, { journal: "stdout" });
  const seed = await readFile(join(dir, "ORDERS.nk"), "utf8");
  const { out, err } = await runHere(["serve", "--config", file], {
    env: { NATS_STS_LOG_LEVEL: "trace" },
  });
  assert.ok(!`${out}${err}`.includes(seed.slice(4, 54)));
});
