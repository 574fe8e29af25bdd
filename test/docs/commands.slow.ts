import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { freePort, programIn, startParts } from "../../demo/parts.ts";
import { shell } from "../../demo/stage.ts";
import { natsServerBinary } from "../support/nats-binary.ts";
import { PROJECT, type Scope } from "../support/project.ts";
import { makeDir } from "../support/service.ts";
import { commandBlocks } from "./blocks.ts";

const blocks = await commandBlocks();

/** A folder with the program under its name and the real nats-server, for a PATH. */
async function pathWith(dir: string): Promise<string> {
  const bin = join(dir, "bin");
  await programIn(bin);
  return `${bin}:${dirname(await natsServerBinary())}:${process.env["PATH"]}`;
}

/** Beside a running service: its files are in the folder, its URL and a token in the environment. */
async function runBesideService(t: Scope, script: string, more_config: string) {
  const { dir, provider, service } = await startParts(t, more_config);
  const token = await provider.token();
  await service.ask(token); // so that the journal has something to show
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  await writeFile(join(dir, "claims.json"), JSON.stringify(claims));
  await mkdir(join(dir, "next"));
  await copyFile(join(dir, "policy.yaml"), join(dir, "next/policy.yaml"));
  const env = { URL: service.url, NATS_STS_TOKEN: token, PATH: await pathWith(dir) };
  return shell(`set -e\n${script}`, dir, env);
}

/** What somebody types who starts from nothing, in this order, on whichever page it stands. */
const FIRST_STEPS = [1, 2, 3, 4].map((step) => {
  const block = blocks.find(({ mark }) => mark === `run: first steps ${step}`);
  assert.ok(block, `no block is marked: run: first steps ${step}`);
  return block;
});

/** A command, with the lines on which it goes on. */
const commandsIn = (script: string) => script.trim().split(/(?<!\\|\|)\n/);

/** Command by command: the first block in the folder of the project, the others in an empty one. */
async function takeFirstSteps(t: Scope): Promise<void> {
  const dir = await makeDir(t);
  const env: Record<string, string> = { PATH: await pathWith(await makeDir(t)) };
  const ports = { ":8899": await freePort(), ":8080": await freePort(), ":4222": await freePort() };
  let cwd = PROJECT;
  for (const [step, { script }] of FIRST_STEPS.entries()) {
    if (step === 1) cwd = dir;
    for (const typed of commandsIn(script)) {
      const line = onPorts(typed, ports);
      const [, name] = /^export (\w+)=/.exec(line) ?? [];
      if (line.startsWith("cd ")) cwd = join(cwd, line.slice(3));
      else if (line.endsWith("&")) await inBackground(t, line, cwd, env, ports[portOf(line)]);
      else {
        const { code, stdout, stderr } = await shell(
          name === undefined ? line : `set -e\n${line}\nprintf %s "$${name}"`,
          cwd,
          env,
        );
        assert.equal(code, 0, `${line}: ${stderr}`);
        if (name !== undefined) env[name] = stdout;
        if (line.startsWith("nats-sts init")) await onFreePorts(join(dir, "sts"), ports);
      }
    }
  }
  const ready = await fetch(`http://127.0.0.1:${ports[":8080"]}/readyz`);
  assert.equal(ready.status, 200);
}

type Ports = Readonly<Record<":8899" | ":8080" | ":4222", number>>;

const onPorts = (text: string, ports: Ports) =>
  Object.entries(ports).reduce((each, [from, to]) => each.replaceAll(from, `:${to}`), text);

const portOf = (line: string): keyof Ports => {
  if (line.includes("provider")) return ":8899";
  return line.includes("nats-server") ? ":4222" : ":8080";
};

/** Only the ports of the files that were made are changed: the real ones may be taken here. */
async function onFreePorts(dir: string, ports: Ports): Promise<void> {
  for (const name of ["nats-server.conf", "nats-sts.yaml"]) {
    const file = join(dir, name);
    await writeFile(file, onPorts(await readFile(file, "utf8"), ports));
  }
  await appendFile(join(dir, "nats-sts.yaml"), "metrics_listen: 127.0.0.1:0\n");
}

const START_LIMIT_MS = 60_000;

async function inBackground(
  t: Scope,
  line: string,
  cwd: string,
  env: Record<string, string>,
  port: number,
) {
  const child = spawn("sh", ["-c", `exec env ${line.replace(/&$/, "")}`], {
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

test("the first steps lead from nothing to a credential and to whose it is", takeFirstSteps);

/** In commands-listeners: these need a service that was started for them. */
const ELSEWHERE = ["run: tls 1", "run: tls 2", "run: admin"];

test("there are commands in the pages", () => assert.ok(blocks.length >= 6));

for (const { place, script, mark } of blocks) {
  test(`the commands at ${place} do what they say, or say why they are not run`, async (t) => {
    const [beside, more = ""] = /^run: service(?: with (\w+: \w+))?$/.exec(mark) ?? [];
    if (beside !== undefined) {
      const { code, stdout, stderr } = await runBesideService(t, script, `${more}\n`);
      assert.equal(code, 0, `${stdout}\n${stderr}`);
    } else if (mark === "run: project") {
      const path = await pathWith(await makeDir(t));
      const { code, stdout, stderr } = await shell(`set -e\n${script}`, PROJECT, { PATH: path });
      assert.equal(code, 0, `${stdout}\n${stderr}`);
    } else if (mark.startsWith("run: first steps")) {
      // Each is nothing without the others: they are taken together, below.
      assert.ok(
        FIRST_STEPS.some((step) => step.place === place),
        mark,
      );
    } else if (mark === "run by .ci/run") {
      const ci = await readFile(join(PROJECT, ".ci/run"), "utf8");
      for (const command of script.split("\n").map((line) => line.split("#")[0]?.trim() ?? "")) {
        if (/^npm (ci|test|run (check|demo))\b/.test(command))
          assert.ok(ci.includes(command), command);
      }
    } else if (!ELSEWHERE.includes(mark))
      assert.match(
        mark,
        /^not run: .{10,}/,
        "mark it: run: service, run: first steps N, run: project, or not run: why",
      );
  });
}
