import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What outlives a test: `node:test`'s context fits, `{ after }` of `node:test` too. */
export interface Scope {
  after(fn: () => unknown): void;
}

/** The folder with package.json. Compiled tests run from a build folder: never count `..`. */
export const PROJECT = projectAbove(dirname(fileURLToPath(import.meta.url)));

function projectAbove(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  if (dirname(folder) === folder) throw new Error("no package.json above the tests");
  return projectAbove(dirname(folder));
}

/** Where tools that are slow to get are kept between runs. */
export function cacheFolder(): string {
  return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "nats-sts");
}

/**
 * Fills `cacheFolder()/name` once. The work is done beside it and renamed, so that a folder is
 * either whole or absent, and of several processes that start at once the first to finish wins.
 */
export async function fillCache(
  name: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const wanted = join(cacheFolder(), name);
  if (existsSync(wanted)) return wanted;
  await mkdir(cacheFolder(), { recursive: true, mode: 0o700 });
  const fresh = await mkdtemp(join(cacheFolder(), "new-"));
  try {
    await fill(fresh);
    await rename(fresh, wanted).catch((error: unknown) => {
      if (!existsSync(wanted)) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return wanted;
}

/** How a child process is run: always with a time limit. */
export interface RunOptions {
  readonly limit_ms: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
}

/** Runs a program to its end; rejects with its own last words when it fails or takes too long. */
export function run(file: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { limit_ms, env, cwd = PROJECT, stdin = "" } = options;
  return new Promise((resolve, reject) => {
    const settings = {
      cwd,
      env: { ...process.env, ...env },
      timeout: limit_ms,
      killSignal: "SIGKILL" as const,
      maxBuffer: 64 * 1024 * 1024,
    };
    const child = execFile(file, args, settings, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const words = stderr.trim().split("\n").slice(-3).join(" / ");
      const why = error.killed ? `took more than ${limit_ms / 1000} s` : words || error.message;
      reject(new Error(why, { cause: error }));
    });
    // A child that ends before it has read everything says so by its exit code.
    child.stdin?.on("error", () => {});
    child.stdin?.end(stdin);
  });
}
