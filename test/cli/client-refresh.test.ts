import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { userClaims } from "../../src/client/answer.ts";
import { makeSigner, oldCreds } from "../client/support.ts";
import { connectWith } from "../support/nats-client.ts";
import type { Scope } from "../support/project.ts";
import { deploy, PUBLIC_URL, start } from "./client-support.ts";
import { runHere } from "./support.ts";

const { nats, service, dir, reach, token } = await deploy({ after });
const env = { NATS_STS_TOKEN: await token() };
const now_s = () => Math.floor(Date.now() / 1000);
const keyIn = (creds: string) => userClaims(/eyJ\S+/.exec(creds)?.[0] ?? "")?.sub;

/** Stands before the service, and can be away. */
async function startGate(scope: Scope) {
  const gate = { open: false, url: "" };
  const server = createServer(async (request, response) => {
    if (!gate.open) return request.socket.destroy();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { authorization = "" } = request.headers;
    const answer = await service.request(request.url ?? "", {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: Buffer.concat(chunks),
    });
    return response.writeHead(answer.status).end(answer.text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  scope.after(() => server.close());
  gate.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
  return gate;
}

test("once: a missing file is made, a fresh one stays, and an old one keeps its user key", async (t) => {
  const file = join(dir, "once.creds");
  const args = ["refresh", ...reach, "--out", file, "--once"];
  const made = await start(t, args, { env }).ended;
  assert.equal(made.code, 0, made.err);
  assert.match(made.err, /there is none yet\n.*renewed, good until/);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const first = await readFile(file, "utf8");
  const again = await start(t, args, { env }).ended;
  assert.deepEqual([again.code, await readFile(file, "utf8")], [0, first]);
  assert.match(again.err, /: not due, good until/);

  const { key, text } = await oldCreds(makeSigner(), now_s() - 500, 600);
  await writeFile(file, text);
  assert.equal((await start(t, args, { env }).ended).code, 0);
  const renewed = await readFile(file, "utf8");
  assert.equal(keyIn(renewed), key.public_key);
  await connectWith(t, nats.url, renewed);
});

test("once: a refusal leaves the old file and exits with 1", async (t) => {
  const file = join(dir, "refused.creds");
  const { text } = await oldCreds(makeSigner(), now_s() - 500, 600);
  await writeFile(file, text, { mode: 0o600 });
  const args = ["refresh", ...reach, "--out", file, "--once"];
  const ran = await start(t, args, { env: { NATS_STS_TOKEN: "x.y.z" } }).ended;
  assert.equal(ran.code, 1);
  assert.match(ran.err, /^nats-sts refresh: refused as token_malformed: .* \(request [\w-]+\)\n$/);
  assert.equal(await readFile(file, "utf8"), text);
});

test("while the service is away the old file stays, and once it is back it is renewed", async (t) => {
  const file = join(dir, "kept.creds");
  const { key, text } = await oldCreds(makeSigner(), now_s() - 700, 600);
  await writeFile(file, text, { mode: 0o600 });
  const gate = await startGate(t);
  const args = ["refresh", "--url", gate.url, "--public-url", PUBLIC_URL, "--out", file];
  const running = start(t, args, { env });
  await running.says(
    /not renewed: the service cannot be reached \(.*\); the old one expired at .*; next try at /,
  );
  assert.equal(await readFile(file, "utf8"), text);
  gate.open = true;
  await running.says(/: renewed, it is good until .*; next renewal at /);
  const renewed = await readFile(file, "utf8");
  assert.equal(keyIn(renewed), key.public_key);
  await connectWith(t, nats.url, renewed);
  running.child.kill("SIGTERM");
  const { code, signal } = await running.ended;
  assert.deepEqual([code, signal], [0, null]);
});

test("SIGTERM ends it with 0 while it waits, and SIGINT while it asks", async (t) => {
  const file = join(dir, "ended.creds");
  const running = start(t, ["refresh", ...reach, "--out", file], { env });
  await running.says(": renewed, it is good until");
  running.child.kill("SIGTERM");
  assert.equal((await running.ended).code, 0);

  const silent = createServer(() => asked());
  let asked = () => {};
  const arrived = new Promise<void>((resolve) => {
    asked = resolve;
  });
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  t.after(() => silent.close());
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`; // it listens on TCP
  const asking = start(t, ["refresh", "--url", url, "--out", join(dir, "x.creds")], { env });
  await arrived;
  asking.child.kill("SIGINT");
  assert.equal((await asking.ended).code, 0);
  silent.closeAllConnections();
});

test("wrong usage is told, and exits with 2", async () => {
  const table: [string[], RegExp][] = [
    [reach.slice(), /say which file: --out/],
    [[...reach, "--out", "a", "--token-file", "-"], /standard input can be read only once/],
  ];
  for (const [args, sentence] of table) {
    const { code, err } = await runHere(["refresh", ...args], { env });
    assert.equal(code, 2);
    assert.match(err, sentence);
  }
});
