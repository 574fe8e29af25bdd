import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 5_000;

/** Servers of ours that run. A test process that dies must not leave them behind. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a server; each line that it logs is pushed to `log`. */
export function launch(binary: string, args: readonly string[], log: string[]): ChildProcess {
  const child = spawn(binary, args, { stdio: ["ignore", "ignore", "pipe"] });
  running.add(child);
  child.once("exit", () => running.delete(child));
  child.once("error", (error) => log.push(error.message)); // Not started at all.
  createInterface({ input: child.stderr }).on("line", (line) => log.push(line));
  return child;
}

/**
 * The address of a server once it takes connections: only then does it write its ports file
 * into `dir`.
 */
export async function ready(
  child: ChildProcess,
  dir: string,
  log: readonly string[],
): Promise<string> {
  const deadline_ms = performance.now() + START_LIMIT_MS;
  while (performance.now() < deadline_ms && !hasEnded(child)) {
    const url = await urlIn(dir);
    if (url !== undefined) return url;
    await delay(5);
  }
  throw new Error(`nats-server did not start:\n${log.slice(-20).join("\n")}`);
}

async function urlIn(dir: string): Promise<string | undefined> {
  const file = (await readdir(dir)).find((name) => name.endsWith(".ports"));
  if (file === undefined) return undefined;
  const text = await readFile(join(dir, file), "utf8");
  return /"nats":\s*\[\s*"(nats:[^"]+)"/.exec(text)?.[1]; // Absent while half written.
}

const hasEnded = (child: ChildProcess) =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

/** Asks the server to end, and kills it when it does not. */
export async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exit = once(child, "exit");
  const kill = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  child.kill("SIGTERM");
  await exit;
  clearTimeout(kill);
}
