import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { startFake } from "../client/support.ts";
import { connectWith } from "../support/nats-client.ts";
import { makeDir } from "../support/service.ts";
import { deploy, start } from "./client-support.ts";
import { runHere } from "./support.ts";

const { nats, service, dir, reach, token } = await deploy({ after });
const TOKEN = await token();
/** Temporary folders go where the test can look. */
const env = { NATS_STS_TOKEN: TOKEN, TMPDIR: dir, NATS_URL: "nats://elsewhere:4222", KEPT: "kept" };
const node = (code: string) => ["--", process.execPath, "-e", code];

const REPORT = `
  const fs = require("fs"), path = require("path");
  const file = process.env.NATS_CREDS, mode = (f) => fs.statSync(f).mode & 0o777;
  console.log(JSON.stringify({ env: process.env, argv: process.argv, creds: fs.readFileSync(file, "utf8"),
    modes: [mode(file), mode(path.dirname(file))],
    parent: fs.existsSync("/proc") ? fs.readFileSync("/proc/" + process.ppid + "/cmdline", "utf8") : "" }));
`;

test("the command finds credential, servers and inbox in its environment, and no token anywhere", async (t) => {
  const ran = await start(t, ["exec", ...reach, ...node(REPORT)], { env }).ended;
  assert.deepEqual([ran.code, ran.err], [0, ""]);
  const told = JSON.parse(ran.out);
  assert.equal(told.env.NATS_URL, nats.url);
  assert.match(told.env.NATS_INBOX_PREFIX, /^_INBOX\.[0-9a-f]{32}$/);
  assert.equal(told.env.KEPT, "kept");
  assert.deepEqual(told.modes, [0o600, 0o700]);
  assert.ok(!ran.out.includes(TOKEN));
  await connectWith(t, nats.url, told.creds, { inboxPrefix: told.env.NATS_INBOX_PREFIX });
  assert.ok(!existsSync(told.env.NATS_CREDS));
  assert.deepEqual(await readdir(dir), []);
});

test("a variable that was named for the token is taken out as well", async (t) => {
  const args = ["exec", ...reach, "--token-env", "MINE", ...node(REPORT)];
  const ran = await start(t, args, { env: { ...env, MINE: TOKEN, NATS_STS_TOKEN: "x" } }).ended;
  assert.equal(ran.code, 0, ran.err);
  const { env: seen } = JSON.parse(ran.out);
  assert.deepEqual([seen.MINE, seen.NATS_STS_TOKEN], [undefined, undefined]);
});

test("options after -- are the command's own, and its exit code is passed on", async (t) => {
  const args = ["exec", ...reach, "--", "sh", "-c", 'echo "$0 $1"; exit 42', "--help", "-h"];
  const ran = await start(t, args, { env }).ended;
  assert.deepEqual([ran.code, ran.out], [42, "--help -h\n"]);
});

test("standard input is the command's own", async (t) => {
  const ran = await start(t, ["exec", ...reach, "--", "cat"], { env, stdin: "hello" }).ended;
  assert.deepEqual([ran.code, ran.out], [0, "hello"]);
});

test("signals are passed on, the exit code tells them, and nothing is left behind", async (t) => {
  const numbers = { SIGTERM: 15, SIGINT: 2, SIGHUP: 1 } as const;
  for (const [signal, number] of Object.entries(numbers)) {
    const code = "console.log(process.env.NATS_CREDS); setInterval(() => {}, 1000)";
    const running = start(t, ["exec", ...reach, ...node(code)], { env });
    await running.says("user.creds");
    const file = running.said.out.trim();
    assert.ok(existsSync(file));
    running.child.kill(signal as keyof typeof numbers); // one of its keys
    assert.equal((await running.ended).code, 128 + number);
    assert.ok(!existsSync(dirname(file)));
  }
  assert.deepEqual(await readdir(dir), []);
});

test("a command that handles its signal ends as it likes", async (t) => {
  const code = `
    process.on("SIGTERM", () => process.exit(7)); process.on("SIGUSR2", () => console.log("usr2"));
    console.log("ready"); setInterval(() => {}, 1000)`;
  const running = start(t, ["exec", ...reach, ...node(code)], { env });
  await running.says("ready");
  running.child.kill("SIGUSR2");
  await running.says("usr2");
  running.child.kill("SIGTERM");
  assert.equal((await running.ended).code, 7);
  assert.deepEqual(await readdir(dir), []);
});

test("without a credential the command does not start", async (t) => {
  const mark = join(await makeDir(t), "mark");
  const args = ["exec", ...reach, "--", "touch", mark];
  const ran = await start(t, args, { env: { ...env, NATS_STS_TOKEN: "x.y.z" } }).ended;
  assert.equal(ran.code, 1);
  assert.match(ran.err, /^nats-sts exec: refused as token_malformed/);
  assert.ok(!existsSync(mark));
  assert.deepEqual(await readdir(dir), []);
});

test("a signal before the command has started ends it, and nothing is left behind", async (t) => {
  let asked = () => {};
  const arrived = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const silent = await startFake(t, () => {
    asked();
    return new Promise(() => {}); // never answers
  });
  const running = start(t, ["exec", "--url", silent.url, "--", "true"], { env });
  await arrived;
  running.child.kill("SIGTERM");
  const { code, err } = await running.ended;
  assert.deepEqual([code, err], [143, ""]);
  assert.deepEqual(await readdir(dir), []);
});

test("a command that is missing or cannot be run has the exit code of a shell", async (t) => {
  const file = join(await makeDir(t), "data");
  await writeFile(file, "no program", { mode: 0o600 });
  const missing = await start(t, ["exec", ...reach, "--", "/nowhere/at-all"], { env }).ended;
  assert.equal(missing.code, 127);
  assert.match(missing.err, /\/nowhere\/at-all: there is no such command/);
  const refused = await start(t, ["exec", ...reach, "--", file], { env }).ended;
  assert.equal(refused.code, 126);
  assert.match(refused.err, /cannot be run \(EACCES\)/);
  assert.deepEqual(await readdir(dir), []);
});

test("the file is renewed under the same key while the command runs", async (t) => {
  const code = `
    const fs = require("fs"), file = process.env.NATS_CREDS, read = () => fs.readFileSync(file, "utf8");
    const part = (n) => read().split("-----BEGIN")[n]; const [jwt, seed] = [part(1), part(2)];
    fs.watch(require("path").dirname(file), () => {
      if (fs.existsSync(file) && part(1) !== jwt) process.exit(part(2) === seed ? 0 : 9); });
    setTimeout(() => process.exit(8), 20000);`;
  // The shortest life there is: renewed after about four seconds.
  const running = start(t, ["exec", ...reach, "--ttl", "5s", ...node(code)], { env });
  assert.equal((await running.ended).code, 0, running.said.err);
  const keys = (await service.journal())
    .filter((event) => event.type === "credential.issued")
    .slice(-2)
    .map((event) => event["user_public_key"]);
  assert.equal(keys[0], keys[1]);
});

test("wrong usage is told, and exits with 2", async () => {
  const table: [string[], RegExp][] = [
    [[...reach], /say which command, after --/],
    [[...reach, "--token-file", "-", "--", "true"], /standard input belongs to the command/],
    [[...reach, "true", "-x"], /there is no option "-x"/],
  ];
  for (const [args, sentence] of table) {
    const { code, err } = await runHere(["exec", ...args], { env });
    assert.equal(code, 2);
    assert.match(err, sentence);
  }
});
