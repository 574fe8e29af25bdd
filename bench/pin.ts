import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { run, type Scope } from "../test/support/project.ts";

/** What is measured has a core for itself. */
const MEASURED_CORE = "0";
const OTHER_CORE = "1";

/** How programs are started so that they stay on the measured core; empty where that cannot be. */
export type Pinning = readonly string[];

/** Moves this process, which makes the load, off the core that is measured. */
export async function pin(): Promise<Pinning> {
  if (availableParallelism() < 2) return [];
  try {
    await run("taskset", ["-a", "-p", "-c", OTHER_CORE, String(process.pid)], { limit_ms: 5_000 });
    return ["taskset", "-c", MEASURED_CORE];
  } catch {
    return [];
  }
}

/** A program on the measured core. */
export interface Pinned {
  readonly pid: number;
  /** The first line of its output, or of its log, that has this text. */
  readonly line: string;
  stop(): Promise<void>;
}

const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 20_000;

/** Starts a Node program and waits for a line that says it is ready. It ends with its scope. */
export async function startPinned(
  scope: Scope,
  pinning: Pinning,
  args: readonly string[],
  ready: string,
): Promise<Pinned> {
  const [file = process.execPath, ...rest] = [...pinning, process.execPath, ...args];
  const child = spawn(file, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NATS_STS_LOG_LEVEL: "info" },
  });
  const ended = once(child, "exit").catch(() => {}); // a program that is not there has no exit
  scope.after(() => child.kill("SIGKILL"));
  const line = await lineWith(child, ready);
  return {
    pid: child.pid ?? 0,
    line,
    async stop() {
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
      child.kill("SIGTERM");
      await ended;
      clearTimeout(late);
    },
  };
}

function lineWith(child: ChildProcess, wanted: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const last: string[] = [];
    const failed = (why: string) => {
      clearTimeout(late);
      reject(new Error(`${child.spawnargs.join(" ")} ${why}\n${last.join("\n")}`));
    };
    const late = setTimeout(() => failed("was not ready in time"), START_LIMIT_MS);
    child.once("error", ({ message }) => failed(message));
    const ended = (code: number | null, signal: string | null) =>
      failed(`ended with ${code ?? signal}`);
    child.once("exit", ended);
    for (const input of [child.stdout, child.stderr]) {
      if (!input) continue;
      const lines = createInterface({ input });
      lines.on("line", (line) => {
        if (last.push(line) > 20) last.shift();
        if (!line.includes(wanted)) return;
        clearTimeout(late);
        child.off("exit", ended);
        resolve(line);
        // Taking the log apart would cost the load generator's core; taking it is enough.
        lines.close();
        input.resume();
      });
    }
  });
}
