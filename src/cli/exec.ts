import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { isatty } from "node:tty";
import {
  ClientError,
  type CredentialOptions,
  type FetchedCredential,
  type FreshEvent,
  fetchCredential,
  heldOf,
  keepFresh,
  writeCreds,
} from "../client/index.ts";
import type { Environment } from "../config/index.ts";
import {
  CLIENT_OPTIONS,
  clientCommand,
  clientEffects,
  readsStdin,
  TOKEN_VARIABLE,
} from "./client-options.ts";
import type { Args, Command, Io } from "./command.ts";
import { lineOf } from "./refresh.ts";

/** What a shell says of a command that cannot be run (POSIX, "Exit Status for Commands"). */
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

const ENDING: readonly NodeJS.Signals[] = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"];
const PASSED_ON: readonly NodeJS.Signals[] = [...ENDING, "SIGUSR1", "SIGUSR2"];
/** A terminal sends these to the whole group: passed on, the command would get them twice. */
const FROM_TERMINAL: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT"];

/** Runs a command with a credential that is kept fresh while it runs. */
export const exec: Command = {
  name: "exec",
  operands: "-- COMMAND [ARGUMENTS]",
  summary: "Run a command with a fresh NATS credential in its environment",
  details: `Gets a credential first: without one, the command does not start and the exit code is 1. The
command finds the path of the creds file in NATS_CREDS, the servers in NATS_URL and the prefix of
its inbox in NATS_INBOX_PREFIX; the identity provider's token is taken out of its environment. The
file is kept fresh while the command runs and removed afterwards. Signals are passed on; the exit
code is that of the command, 128 + n when signal n ended it.`,
  example: "nats-sts exec --url https://sts.example.com -- nats sub 'orders.>'",
  options: CLIENT_OPTIONS,
  async run(args, io) {
    const secrets = [TOKEN_VARIABLE, String(args.values["token-env"] ?? TOKEN_VARIABLE)];
    const [file = "", ...rest] = args.operands;
    const work = (options: CredentialOptions) =>
      execute({ file, rest, options, secrets, args }, io);
    return clientCommand({ name: "exec", faultOf, work }, args, io);
  },
};

function faultOf(args: Args): string | undefined {
  if (readsStdin(args)) return "standard input belongs to the command: use --token-command";
  return args.operands.length === 0 ? "say which command, after --" : undefined;
}

interface Execution {
  readonly file: string;
  readonly rest: readonly string[];
  readonly options: CredentialOptions;
  /** Variables that the command must not see. */
  readonly secrets: readonly string[];
  /** What the command line said. */
  readonly args: Args;
}

async function execute({ file, rest, options, secrets, args }: Execution, io: Io): Promise<number> {
  const effects = clientEffects(io);
  const stop = new AbortController();
  let child: ChildProcess | undefined;
  let ended_by: NodeJS.Signals | undefined;
  const forget = io.onSignals(PASSED_ON, (signal) => {
    if (child) passOn(child, signal);
    else if (ENDING.includes(signal)) {
      ended_by = signal;
      stop.abort();
    }
  });
  let dir: string | undefined;
  try {
    dir = await folderOfCreds(); // before a credential is asked for that could not be kept
    const from_ms = io.now_ms();
    const credential = await fetchCredential(options, effects, undefined, stop.signal);
    const creds = join(dir, "user.creds");
    await writeCreds(creds, credential.creds);
    if (ended_by) return codeOf(ended_by);
    const env = environment(io.env, secrets, credential, creds);
    child = spawn(file, rest, { stdio: "inherit", env });
    const ending = ended(child, (why) => io.err(`nats-sts exec: ${file}: ${why}`));
    const fresh = {
      held: heldOf(credential, from_ms),
      take: (next: FetchedCredential) => writeCreds(creds, next.creds),
      // A command's own output should not be mixed with lines about what goes well.
      tell: (event: FreshEvent) => {
        if (event.type === "failed") io.err(`nats-sts exec: ${lineOf(event, io.now_ms(), args)}`);
      },
      stop: stop.signal,
    };
    const keeping = keepFresh(options, fresh, effects);
    try {
      return await ending;
    } finally {
      stop.abort();
      await keeping;
    }
  } catch (error) {
    if (ended_by) return codeOf(ended_by);
    throw error;
  } finally {
    if (dir !== undefined) await rm(dir, { recursive: true, force: true });
    forget();
  }
}

/** Mode 0700 by itself. */
async function folderOfCreds(): Promise<string> {
  return mkdtemp(join(tmpdir(), "nats-sts-")).catch(({ code }: NodeJS.ErrnoException) => {
    throw new ClientError(`no folder for the creds file can be made in ${tmpdir()} (${code})`);
  });
}

function passOn(child: ChildProcess, signal: NodeJS.Signals): void {
  if (FROM_TERMINAL.includes(signal) && isatty(0)) return;
  child.kill(signal);
}

function environment(
  env: Environment,
  secrets: readonly string[],
  { servers, inbox_prefix }: FetchedCredential,
  creds: string,
): Environment {
  const kept = Object.entries(env).filter(([name]) => !secrets.includes(name));
  return {
    ...Object.fromEntries(kept),
    NATS_CREDS: creds,
    ...(servers.length > 0 && { NATS_URL: servers.join(",") }),
    NATS_INBOX_PREFIX: inbox_prefix,
  };
}

/** Resolves with the exit code once the command has ended, or was found impossible to start. */
function ended(child: ChildProcess, tell: (why: string) => void): Promise<number> {
  return new Promise((resolve) => {
    child.once("error", ({ code }: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return; // A signal that could not be passed on.
      const missing = code === "ENOENT";
      tell(missing ? "there is no such command" : `it cannot be run (${code})`);
      resolve(missing ? NOT_FOUND : NOT_EXECUTABLE);
    });
    child.once("exit", (code, signal) => resolve(code ?? codeOf(signal ?? "SIGKILL")));
  });
}

const codeOf = (signal: NodeJS.Signals) => 128 + constants.signals[signal];
