import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { freePort, startParts } from "../../demo/parts.ts";
import { shell } from "../../demo/stage.ts";
import { natsServerBinary } from "../support/nats-binary.ts";
import { PROJECT, type Scope } from "../support/project.ts";
import { startProvider } from "../support/provider.ts";
import { BIN, makeDir } from "../support/service.ts";
import { commandBlocks } from "./blocks.ts";

const blocks = await commandBlocks();

/** A folder with the program under its name and the real nats-server, for a PATH. */
async function pathWith(dir: string): Promise<string> {
  const bin = join(dir, "bin");
  await mkdir(bin, { recursive: true });
  const script = `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`;
  await writeFile(join(bin, "nats-sts"), script, { mode: 0o700 });
  return `${bin}:${dirname(await natsServerBinary())}:${process.env["PATH"]}`;
}

/** Beside a running service: its files are in the folder, its URL and a token in the environment. */
async function runBesideService(t: Scope, script: string) {
  const { dir, provider, service } = await startParts(t);
  const token = await provider.token();
  await service.ask(token); // so that the journal has something to show
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  await writeFile(join(dir, "claims.json"), JSON.stringify(claims));
  const env = { URL: service.url, TOKEN: token, NATS_STS_TOKEN: token, PATH: await pathWith(dir) };
  return shell(`set -e\n${script}`, dir, env);
}

/** Line by line in an empty folder, as somebody types who starts from nothing. */
async function runFromNothing(t: Scope, script: string): Promise<void> {
  const dir = await makeDir(t);
  const { issuer } = await startProvider(t, { alg: "ES256" });
  const env = { ISSUER: issuer, PATH: await pathWith(await makeDir(t)) };
  const [first = "", ...rest] = script.trim().split("\n");
  assert.equal((await shell(first, dir, env)).code, 0, first);
  const [nats_port, port] = await onFreePorts(dir);
  let cwd = dir;
  for (const line of rest) {
    if (line.startsWith("cd ")) cwd = join(cwd, line.slice(3));
    else if (line.endsWith("&"))
      await inBackground(t, line, cwd, env, line.includes("nats-server") ? nats_port : port);
    else {
      const { code, stderr } = await shell(line, cwd, env);
      assert.equal(code, 0, `${line}: ${stderr}`);
    }
  }
  const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
  assert.equal(ready.status, 200);
}

/** Only the ports of the files that were made are changed: the real ones may be taken here. */
async function onFreePorts(dir: string): Promise<[number, number]> {
  const [nats_port, port] = [await freePort(), await freePort()];
  for (const name of ["nats-server.conf", "nats-sts.yaml"]) {
    const file = join(dir, "sts", name);
    const text = await readFile(file, "utf8");
    await writeFile(
      file,
      text.replaceAll(":4222", `:${nats_port}`).replaceAll(":8080", `:${port}`),
    );
  }
  await appendFile(join(dir, "sts", "nats-sts.yaml"), "metrics_listen: 127.0.0.1:0\n");
  return [nats_port, port];
}

const START_LIMIT_MS = 20_000;

async function inBackground(
  t: Scope,
  line: string,
  cwd: string,
  env: Record<string, string>,
  port: number,
) {
  const child = spawn("sh", ["-c", `exec ${line.replace(/&$/, "")}`], {
    cwd,
    env: { ...process.env, ...env },
    stdio: "ignore",
  });
  const exited = once(child, "exit");
  t.after(async () => {
    child.kill("SIGTERM");
    await exited;
  });
  const deadline_ms = performance.now() + START_LIMIT_MS;
  while (performance.now() < deadline_ms && child.exitCode === null) {
    const answers = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      (error) => error.cause?.code !== "ECONNREFUSED", // nats-server does not speak HTTP, but listens
    );
    if (answers) return;
    await delay(20);
  }
  assert.fail(`${line} did not start`);
}

test("there are commands in the pages", () => assert.ok(blocks.length >= 6));

for (const { place, script, mark } of blocks) {
  test(`the commands at ${place} do what they say, or say why they are not run`, async (t) => {
    if (mark === "run: service") {
      const { code, stdout, stderr } = await runBesideService(t, script);
      assert.equal(code, 0, `${stdout}\n${stderr}`);
    } else if (mark === "run: project") {
      const path = await pathWith(await makeDir(t));
      const { code, stdout, stderr } = await shell(`set -e\n${script}`, PROJECT, { PATH: path });
      assert.equal(code, 0, `${stdout}\n${stderr}`);
    } else if (mark === "run: new") await runFromNothing(t, script);
    else if (mark === "run by .ci/run") {
      const ci = await readFile(join(PROJECT, ".ci/run"), "utf8");
      for (const command of script.split("\n").map((line) => line.split("#")[0]?.trim() ?? "")) {
        if (/^npm (ci|test|run (check|demo))\b/.test(command))
          assert.ok(ci.includes(command), command);
      }
    } else
      assert.match(
        mark,
        /^not run: .{10,}/,
        "mark it: run: service, run: new, run: project, or not run: why",
      );
  });
}
