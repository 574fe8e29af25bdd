#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { COMMANDS, dispatch, EXIT, type Io } from "./cli/index.ts";

const packageFile = new URL("../../package.json", import.meta.url);

/** How long the journal may take to hear of a crash, before the process ends all the same. */
const LAST_WORD_MS = 500;

let tellCrash: (stack: string) => unknown = (stack) =>
  io.err(`nats-sts: unexpected failure: ${stack}`);

const io: Io = {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  write: (text) =>
    new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
    }),
  env: process.env,
  owner: { uid: process.getuid?.() ?? 0 },
  cwd: process.cwd(),
  now_ms: Date.now,
  stdin: () => process.stdin,
  stopped: () =>
    new Promise((resolve) => {
      for (const signal of ["SIGTERM", "SIGINT"] as const)
        process.once(signal, () => resolve(signal));
    }),
  onSignals(names, heard) {
    for (const name of names) process.on(name, heard);
    return () => {
      for (const name of names) process.off(name, heard);
    };
  },
  node_flags: process.execArgv,
  onCrash(tell) {
    tellCrash = tell;
  },
  exit: process.exit,
  version: (JSON.parse(readFileSync(packageFile, "utf8")) as { version: string }).version,
};

// Whoever reads our output may leave early, as `| head` does. Each write learns of it by itself.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

// Without a listener, Node answers this signal by opening a debugger's port.
process.on("SIGUSR1", () => {});

// What nothing expected, rejections included. Messages and properties may hold claims or keys, and
// Node would print them all: of the error, only its kind and where it was thrown are told.
process.on("uncaughtException", (error: unknown) => {
  const end = () => process.exit(EXIT.crashed);
  setTimeout(end, LAST_WORD_MS);
  Promise.resolve()
    .then(() => tellCrash(whereThrown(error)))
    .then(end, end);
});

function whereThrown(error: unknown): string {
  if (!(error instanceof Error)) return `a ${typeof error} was thrown`;
  const frames = error.stack?.split("\n").filter((line) => /^ {4}at /.test(line)) ?? [];
  return [error.name, ...frames].join("\n");
}

process.exitCode = await dispatch(COMMANDS, process.argv.slice(2), io);
