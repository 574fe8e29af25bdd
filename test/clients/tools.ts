import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, fillCache, PROJECT, run } from "../support/project.ts";
import { digestOf, pip, pythonWithPip } from "../support/python.ts";

/** The folder with the sources of the clients in other languages. */
export const FOLDER = join(PROJECT, "test/clients");

const PLATFORM = `${process.platform}-${process.arch}`;
const EXE = process.platform === "win32" ? ".exe" : "";
const CLI_VERSION = "0.4.0";

/** The output of a program; undefined where it does not run at all. */
const said = (file: string, args: readonly string[]) =>
  run(file, args, { limit_ms: 20_000 }).catch(() => undefined);

/**
 * The folder with nats-py and what it needs to sign, in the versions and with the hashes of
 * requirements.txt. What was looked for in vain, where there is no Python.
 */
export async function pythonPackages(): Promise<{ readonly folder: string } | string> {
  const version = await pythonWithPip(10);
  if (version === undefined) return "Python 3.10 or newer with pip";
  const [requirements, building] = ["requirements.txt", "requirements-build.txt"].map((name) =>
    join(FOLDER, name),
  ) as [string, string]; // one for each name
  const name = `nats-py-${digestOf([requirements, building])}-${version}-${PLATFORM}`;
  const folder = await fillCache(name, async (target) => {
    // nkeys is published as source alone. What builds it is pinned as well.
    const tools = join(target, "build");
    await pip(["--only-binary", ":all:", "--target", tools], building);
    const source = ["--only-binary", ":all:", "--no-binary", "nkeys", "--no-build-isolation"];
    await pip([...source, "--target", join(target, "site")], requirements, tools);
    await rm(tools, { recursive: true });
  });
  return { folder: join(folder, "site") };
}

/**
 * The `nats` program of nats-io/natscli, or what is missing for it. Building it takes minutes, so that
 * it is done where it is asked for.
 */
export async function natsCli({ build = false } = {}): Promise<{ readonly path: string } | string> {
  if ((await said("nats", ["--version"])) !== undefined) return { path: "nats" };
  const name = `nats-cli-${CLI_VERSION}-${PLATFORM}`;
  const cached = join(cacheFolder(), name, `nats${EXE}`);
  if (existsSync(cached)) return { path: cached };
  if (!build)
    return "the nats program on PATH; node dist/test/support/obtain.js nats-cli builds it";
  if ((await said("go", ["version"])) === undefined) return "Go, to build the nats program";
  await fillCache(name, buildCli);
  return { path: cached };
}

/** By way of a module of ours: `go install` finds no list of versions for it. */
async function buildCli(target: string): Promise<void> {
  const module = "github.com/nats-io/natscli";
  const source = `//go:build tools\n\npackage tools\n\nimport _ "${module}/cli"\n`;
  await writeFile(join(target, "tools.go"), source);
  const lines = ["module tools", "go 1.25.0", `require ${module} v${CLI_VERSION}`, ""];
  await writeFile(join(target, "go.mod"), lines.join("\n"));
  const flags = `-s -w -X main.version=${CLI_VERSION}`;
  const args = ["build", "-trimpath", "-ldflags", flags, "-o", `nats${EXE}`, `${module}/nats`];
  const env = { GOFLAGS: "-mod=mod" };
  await run("go", args, { limit_ms: 900_000, cwd: target, env });
}
