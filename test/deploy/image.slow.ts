import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { cp, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { PROJECT, run } from "../support/project.ts";
import { makeDir } from "../support/service.ts";
import { type Buildah, findBuildah, makeBase } from "./base-image.ts";
import { dependencies } from "./packed.ts";

const SLOW = { timeout: 600_000 };
const BUILD_LIMIT_MS = 480_000;
const USER = 65_532;

/** What an image says of itself, as far as it is looked at here. */
interface ImageConfig {
  readonly User: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly StopSignal: string;
  readonly ExposedPorts: Readonly<Record<string, unknown>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
  readonly Labels: Readonly<Record<string, string>>;
  readonly Env: readonly string[];
}

/** An instruction of the last stage of the Dockerfile that has the form of an array. */
async function inDockerfile(instruction: string): Promise<readonly string[]> {
  const text = (await readFile(join(PROJECT, "Dockerfile"), "utf8")).replaceAll("\\\n", " ");
  const stage = text.slice(text.lastIndexOf("\nFROM "));
  const found = new RegExp(`^${instruction}.*?(\\[.*\\])$`, "m").exec(stage)?.[1];
  assert.ok(found, `no ${instruction} in the form of an array`);
  return JSON.parse(found);
}

test(
  "the image runs the service as nobody, on a read-only root, with nothing left over",
  SLOW,
  async (t) => {
    const buildah = await findBuildah(t);
    t.diagnostic(
      buildah
        ? "built with buildah, and looked into"
        : "no buildah: installed and run as the image would be, without an image",
    );
    await (buildah ? imageHolds(buildah) : folderHolds(t));
  },
);

async function imageHolds(buildah: Buildah): Promise<void> {
  await makeBase(buildah, "localhost/base");
  const from = ["--build-arg", "BASE=localhost/base", "--pull-never"];
  await buildah(["bud", "--format", "docker", ...from, "-t", "nats-sts", PROJECT], BUILD_LIMIT_MS);
  const inspected = await buildah(["inspect", "--type", "image", "nats-sts"], 30_000);
  const config: ImageConfig = JSON.parse(inspected).Docker.config;
  assert.equal(config.User, `${USER}:${USER}`);
  assert.deepEqual(config.Entrypoint, await inDockerfile("ENTRYPOINT"));
  assert.deepEqual(config.Cmd, ["serve"]);
  assert.equal(config.StopSignal, "SIGTERM");
  assert.deepEqual(Object.keys(config.ExposedPorts), ["8080/tcp"]);
  assert.equal(config.Healthcheck.Test[0], "CMD", "a health check without a shell");
  assert.equal(config.Labels["org.opencontainers.image.licenses"], "Apache-2.0");

  await buildah(["from", "--pull-never", "--name", "run", "nats-sts"], 120_000);
  const root = (await buildah(["mount", "run"], 30_000)).trim();
  await filesFit(join(root, "app"));
  assert.equal((await stat(join(root, "var/lib/nats-sts"))).uid, USER);
  const inside = (...command: readonly string[]) =>
    buildah(["run", "--user", `${USER}:${USER}`, "run", "--", ...command], 60_000);
  assert.match(await inside(...config.Entrypoint, "--version"), /^\d+\.\d+\.\d+/);
  const said = await inside(...config.Entrypoint.slice(0, 3), "node", "-p", PROCESS);
  assert.deepEqual(JSON.parse(said), { uid: USER, core: "0", writable: false });
}

/** Asked inside: who it is, whether it could leave a core dump, and whether it could change itself. */
const PROCESS = `const fs = require("fs"); let writable = true;
try { fs.accessSync("/app/dist/src/main.js", fs.constants.W_OK) } catch { writable = false }
JSON.stringify({ uid: process.getuid(),
  core: /core file size +(\\S+)/.exec(fs.readFileSync("/proc/self/limits", "utf8"))[1], writable })`;

/** The same without an image: the packages as npm installs them there, and the program beside them. */
async function folderHolds(t: TestContext): Promise<void> {
  const app = await makeDir(t);
  for (const name of ["package.json", "package-lock.json", ".npmrc", "LICENSE"])
    await cp(join(PROJECT, name), join(app, name));
  const install = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"];
  await run("npm", [...install, "--prefer-offline"], { cwd: app, limit_ms: BUILD_LIMIT_MS });
  // Compiled together with this test; the build folder need not be called dist.
  await cp(join(import.meta.dirname, "../../src"), join(app, "dist/src"), { recursive: true });
  for (const name of ["nats-sts.schema.json", "policy.schema.json", "openapi.yaml"])
    await cp(join(PROJECT, "openapi", name), join(app, "openapi", name));
  await filesFit(app, [".npmrc", "package-lock.json"]);

  const entry = await inDockerfile("ENTRYPOINT");
  const [file = "", ...args] = entry.map((word) => word.replace("/app/", `${app}/`));
  const limits = { cwd: app, limit_ms: 60_000 };
  assert.match(await run(file, [...args, "--version"], limits), /^\d+\.\d+\.\d+/);
  const before_node = entry.slice(1, entry.indexOf("node"));
  const said = await run(file, [...before_node, "node", "-p", PROCESS], limits);
  assert.equal(JSON.parse(said).core, "0");
}

/** Exactly what the program needs: no sources, no tests, no package that only helps to make it. */
async function filesFit(app: string, beside: readonly string[] = []): Promise<void> {
  const listed = await run("ls", ["-A", app], { limit_ms: 10_000 });
  const wanted = ["LICENSE", "dist", "node_modules", "openapi", "package.json", ...beside];
  assert.deepEqual(listed.trim().split("\n").sort(), wanted.sort());
  const names = await dependencies();
  for (const name of names.run) assert.ok(existsSync(join(app, "node_modules", name)), name);
  for (const name of names.make)
    assert.ok(!existsSync(join(app, "node_modules", name)), `${name} is in the image`);
}
