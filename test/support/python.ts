import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { run } from "./project.ts";

/** `3.11` or the like, where that is at least this Python 3, and has pip; else undefined. */
export async function pythonWithPip(minor: number): Promise<string | undefined> {
  const script = `import sys, pip; print('%d.%d' % sys.version_info[:2], sys.version_info >= (3, ${minor}))`;
  const told = await run("python3", ["-c", script], { limit_ms: 20_000 }).catch(() => "");
  const [version, fits] = told.trim().split(" ");
  return fits === "True" ? version : undefined;
}

/** Installs exactly what a file of requirements says, with its hashes, and nothing that those would like to have. */
export async function pip(args: readonly string[], requirements: string, path = ""): Promise<void> {
  const quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--retries", "1"];
  const exact = ["--require-hashes", "--no-deps", ...args, "-r", requirements];
  const env = { PYTHONPATH: path };
  await run("python3", ["-m", "pip", "install", ...quiet, ...exact], { limit_ms: 180_000, env });
}

/** Names a folder for what these files ask for. */
export function digestOf(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 12);
}
