import { setTimeout as passing } from "node:timers/promises";
import type { Effects } from "../app/index.ts";
import { FaultError } from "../config/index.ts";
import { StsError } from "../errors.ts";
import { JournalStartError } from "../journal/index.ts";
import { type Command, EXIT, type Io } from "./command.ts";
import { exposures, processLimits } from "./exposure.ts";
import { CONFIG_OPTION, readEverything } from "./load.ts";

/** Runs the service until it is asked to stop. */
export const serve: Command = {
  name: "serve",
  summary: "Run the service until SIGTERM or SIGINT",
  details: `Starts only if check would find no fault. Logs are JSON lines on standard error; the line with
"msg":"listening" says where it listens. On SIGTERM /readyz answers 503 while everything is served as
before (limits.shutdown_delay), so that load balancers send callers elsewhere; SIGINT and a second
signal skip that. Then it takes no new requests, lets those in flight finish (limits.shutdown_grace)
and exits with 0.

Configuration, policy, keys and certificates are read again when one of their files changes (reload_every) and on
SIGHUP: all of it is put in force, or with a fault in any of it nothing, and the log says why.

These environment variables stand above the file: NATS_STS_LISTEN, NATS_STS_ADMIN_LISTEN,
NATS_STS_METRICS_LISTEN, NATS_STS_PUBLIC_URL, NATS_STS_SERVERS (between commas), NATS_STS_LOG_LEVEL.
NATS_STS_POLICY_REVISION is told as the policy's revision where its folder is not in a git repository.`,
  example: "nats-sts serve --config nats-sts.yaml",
  options: CONFIG_OPTION,
  async run(args, io) {
    try {
      return await serving(args, io);
    } catch (error) {
      const said = sentence(error);
      if (said === undefined) throw error;
      io.err(said);
      return EXIT.no;
    }
  },
};

/** How long answers may take on their way once the journal is lost. */
const LAST_WORDS_MS = 2_000;

async function serving(args: Parameters<Command["run"]>[0], io: Io): Promise<number> {
  // Before anything is loaded or read: without a listener, these signals end a process in the middle of its start.
  let reload = () => {};
  const deaf = io.onSignals(["SIGHUP"], () => reload());
  // Half of all that there is to load: whoever runs another command must not wait for it.
  const [{ startApp }, { pino }] = await Promise.all([import("../app/index.ts"), import("pino")]);
  const read = () => readEverything(args, io);
  const first = await read();
  if ("refused" in first) throw first.refused;
  const { loaded, seen } = first;
  const { config, policy } = loaded;
  // Logs go to standard error: standard output belongs to `journal: stdout`.
  const log = pino(
    { level: config.log_level, base: null },
    { write: (line) => io.err(line.trimEnd()) },
  );
  let remember: (stack: string) => unknown = () => {};
  io.onCrash((stack) => {
    log.fatal({ stack }, "unexpected failure");
    return remember(stack);
  });
  for (const risk of exposures(io, await processLimits()))
    log.warn({ risk }, "secrets in memory could leave this process");
  let close = async () => {};
  const effects: Effects = {
    now_ms: io.now_ms,
    fetch: globalThis.fetch,
    log,
    owner: io.owner,
    write: io.write,
    fatal(error) {
      log.fatal(
        { reason: error instanceof Error ? error.message : String(error) },
        "the journal is lost",
      );
      const end = () => io.exit(EXIT.journal_lost);
      // Those who wait for the journal have been refused, and should hear of it.
      setTimeout(end, LAST_WORDS_MS);
      void close().then(end, end);
    },
  };
  // Whoever waits for the line "listening" may send a signal at once.
  const stopped = io.stopped();
  const hurry = twiceAsked(io);
  const app = await startApp(loaded, effects, { seen, read });
  reload = () => void app.reload("SIGHUP");
  close = app.close;
  remember = app.crashed;
  log.info(
    {
      url: app.url,
      metrics_url: app.metrics_url,
      ...(app.admin_url !== undefined && { admin_url: app.admin_url }),
      public_url: config.public_url,
      policy: policy.digest,
    },
    "listening",
  );
  const signal = await stopped;
  const { limits } = app.loaded().config;
  // SIGTERM comes from who may still send callers here, SIGINT from somebody who waits.
  const delay_s = signal === "SIGTERM" ? limits.shutdown_delay_s : 0;
  log.info({ signal, delay_s }, "stopping");
  if (delay_s > 0) {
    app.leave();
    await passing(delay_s * 1000, undefined, { signal: hurry }).catch(() => {}); // it was asked twice
  }
  const late = setTimeout(() => {
    log.error({ grace_s: limits.shutdown_grace_s }, "answers in flight took too long");
    io.exit(EXIT.no);
  }, limits.shutdown_grace_s * 1000);
  try {
    await app.close();
  } finally {
    clearTimeout(late);
    deaf();
  }
  log.info("stopped");
  return EXIT.done;
}

/** Aborts with the second signal to end; those after it change nothing, as the grace is limited. */
function twiceAsked(io: Pick<Io, "onSignals">): AbortSignal {
  const hurry = new AbortController();
  let asked = 0;
  io.onSignals(["SIGTERM", "SIGINT"], () => {
    if (++asked > 1) hurry.abort();
  });
  return hurry.signal;
}

/** What the operator can do something about, as a sentence; undefined for a mistake of ours. */
function sentence(error: unknown): string | undefined {
  if (error instanceof FaultError) return error.message;
  if (error instanceof JournalStartError) return `nats-sts: ${error.message}`;
  if (error instanceof StsError && error.code === "journal_unavailable") {
    const why = error.cause instanceof Error ? error.cause.message : error.detail["reason"];
    return `nats-sts: the journal cannot be written (${why}): make room in journal.dir, or let this user write there`;
  }
  const { code, syscall, message } = error as NodeJS.ErrnoException; // if it is one, it has a syscall
  if (syscall === undefined) return undefined;
  if (code === "EADDRINUSE")
    return `nats-sts: ${message}: another process listens there; stop it, or change the address (listen, metrics_listen or admin_listen)`;
  return syscall === "listen" || syscall === "getaddrinfo"
    ? `nats-sts: ${message}: change the address (listen, metrics_listen or admin_listen)`
    : `nats-sts: ${message}`;
}
