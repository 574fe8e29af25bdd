import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import {
  ClientError,
  tokenFromCommand,
  tokenFromEnv,
  tokenFromFile,
  tokenFromStream,
} from "../../src/client/index.ts";
import { makeDir } from "../support/service.ts";
import { TOKEN } from "./support.ts";

const GO_ON = new AbortController().signal;
const node = (code: string) => `"${process.execPath}" -e "${code}"`;
const NO_ENV = {};

/** Expects a sentence that matches, and that holds nothing of what was read. */
async function refuses(work: Promise<unknown>, sentence: RegExp, secret?: string): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof ClientError, String(error));
    assert.match(error.message, sentence);
    if (secret !== undefined) assert.ok(!error.message.includes(secret));
    return true;
  });
}

test("a token file is read anew each time, and its line break is not part of the token", async (t) => {
  const file = join(await makeDir(t), "token");
  const source = tokenFromFile(file);
  await writeFile(file, `${TOKEN}\n`);
  assert.equal(await source(GO_ON), TOKEN);
  await writeFile(file, `${TOKEN}2\r\n`);
  assert.equal(await source(GO_ON), `${TOKEN}2`);
});

test("a token file that is missing, empty, oversized or something else is refused in a sentence", async (t) => {
  const dir = await makeDir(t);
  const file = join(dir, "token");
  const source = tokenFromFile(file);
  await refuses(source(GO_ON), /cannot be read \(ENOENT/);
  await refuses(tokenFromFile(dir)(GO_ON), /cannot be read \(EISDIR/);
  await writeFile(file, "\n");
  await refuses(source(GO_ON), /^the token in .*token is empty$/);
  await writeFile(file, "x".repeat(32 * 1024 + 1));
  await refuses(source(GO_ON), /is larger than 32768 bytes/);
  for (const wrong of [
    `${TOKEN} ${TOKEN}`,
    `Bearer ${TOKEN}`,
    `${TOKEN}\n${TOKEN}`,
    `${TOKEN}\u00e9`,
  ]) {
    await writeFile(file, wrong);
    await refuses(source(GO_ON), /is not a token alone/, TOKEN);
  }
});

test("an endless token file is not read to its end", async () => {
  await refuses(tokenFromFile("/dev/zero")(GO_ON), /is larger than/);
});

test("a variable of the environment gives the token, and its absence says what to do", async () => {
  assert.equal(await tokenFromEnv({ MINE: TOKEN }, "MINE")(GO_ON), TOKEN);
  await refuses(tokenFromEnv(NO_ENV, "MINE")(GO_ON), /MINE is not set; .*--token-file/);
  await refuses(tokenFromEnv({ MINE: "" }, "MINE")(GO_ON), /the token in MINE is empty/);
});

test("standard input is read once and gives the same token again", async () => {
  let opened = 0;
  const source = tokenFromStream(() => {
    opened++;
    return Readable.from([Buffer.from(TOKEN.slice(0, 10)), Buffer.from(`${TOKEN.slice(10)}\n`)]);
  });
  assert.equal(await source(GO_ON), TOKEN);
  assert.equal(await source(GO_ON), TOKEN);
  assert.equal(opened, 1);
});

test("a command gives the token on its output, run anew each time with the environment handed in", async () => {
  const line = node("console.log(process.env.MINE)");
  assert.equal(await tokenFromCommand(line, { MINE: TOKEN })(GO_ON), TOKEN);
});

test("a command is not given to a shell", async () => {
  const line = `${node("console.log(process.argv.slice(1).join('').length)")} '$(echo a)' ;`;
  assert.equal(await tokenFromCommand(line, NO_ENV)(GO_ON), String("$(echo a);".length));
});

test("a command that fails, is missing, says nothing or too much is refused in a sentence", async () => {
  const run = (line: string) => tokenFromCommand(line, NO_ENV)(GO_ON);
  await refuses(run(node("process.exit(3)")), /failed \(exit code 3\)/);
  await refuses(run(node("console.log(1);process.kill(process.pid)")), /ended by SIGTERM/);
  await refuses(
    run("/nowhere/at-all --flag"),
    /\/nowhere\/at-all cannot be run: there is no such program/,
  );
  await refuses(run(node("0")), /is empty/);
  await refuses(run(node("setInterval(()=>console.log('x'.repeat(9999)))")), /is larger than/);
  // Even what looks like a token is not used when the command says that it failed.
  await refuses(run(node("console.log('abc');process.exitCode=1")), /exit code 1/);
});

test("a command that never ends is killed at its limit, and at once when it is to stop", async () => {
  const hangs = node("setInterval(()=>{},1000)");
  await refuses(tokenFromCommand(hangs, NO_ENV, 20)(GO_ON), /took more than 0.02 seconds/);
  const stop = new AbortController();
  const waiting = tokenFromCommand(hangs, NO_ENV)(stop.signal);
  stop.abort();
  await refuses(waiting, /was stopped/);
  await refuses(tokenFromCommand(hangs, NO_ENV)(stop.signal), /was not run/);
});

test("a command line without a command, or with half a quote, is refused before anything runs", () => {
  assert.throws(() => tokenFromCommand("  ", NO_ENV), /is empty/);
  assert.throws(() => tokenFromCommand("get 'token", NO_ENV), /quote without its partner/);
});
