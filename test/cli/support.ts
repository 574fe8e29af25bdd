import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { COMMANDS, dispatch, type Io } from "../../src/cli/index.ts";
import type { Scope } from "../support/project.ts";
import { BIN, makeAccount, makeDir, writeConfig } from "../support/service.ts";

/** What a command said and how it ended. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export const POLICY = `version: 1
rules:
  - { name: everyone, issuer: corp, grant: { account: ORDERS, subscribe: [orders.>] } }
`;

/** Runs a command in this process, with a terminal that is a string. */
export async function runHere(argv: readonly string[], changes: Partial<Io> = {}): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    write: async (chunk) => void out.push(chunk),
    env: {},
    owner: { uid: process.getuid?.() ?? 0 },
    cwd: "/",
    now_ms: Date.now,
    stdin: () => Readable.from([]),
    onSignals: () => () => {},
    node_flags: [],
    onCrash: () => {},
    stopped: () => Promise.resolve("SIGTERM"),
    exit: (code) => {
      throw new Error(`exit ${code}`);
    },
    version: "1.2.3",
    ...changes,
  };
  const code = await dispatch(COMMANDS, argv, io);
  return { code, out: out.join("\n"), err: err.join("\n") };
}

/** Runs the compiled program to its end. */
export async function runProgram(
  scope: Scope,
  args: readonly string[],
  options: { readonly env?: Record<string, string>; readonly cwd?: string } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [BIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  });
  scope.after(() => child.kill("SIGKILL"));
  const [[code], out, err] = await Promise.all([
    once(child, "close"),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, out, err };
}

/** A folder with a configuration without faults, for a provider that is not there. */
export async function goodConfig(
  scope: Scope,
  config: Readonly<Record<string, unknown>> = {},
  policy = POLICY,
): Promise<{ readonly dir: string; readonly file: string }> {
  const dir = await makeDir(scope);
  const provider = { issuer: "http://127.0.0.1:1", audience: "nats-sts" };
  const accounts = [await makeAccount(dir)];
  return { dir, file: await writeConfig(dir, { provider, policy, accounts, config }) };
}
