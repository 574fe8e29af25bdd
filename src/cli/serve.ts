import { pino } from "pino";
import { startApp } from "../app.ts";
import { FaultError } from "../config/index.ts";
import { JournalStartError } from "../journal/index.ts";
import { type Command, EXIT, type Io } from "./command.ts";
import { CONFIG_OPTION, loadAll } from "./load.ts";

/** Runs the service until it is asked to stop. */
export const serve: Command = {
  name: "serve",
  summary: "Run the service until SIGTERM or SIGINT",
  example: "nats-sts serve --config nats-sts.yaml",
  options: CONFIG_OPTION,
  async run(args, io) {
    try {
      return await serving(args, io);
    } catch (error) {
      const expected =
        error instanceof FaultError || error instanceof JournalStartError || isListenError(error);
      if (!expected) throw error;
      io.err(sentence(error));
      return EXIT.no;
    }
  },
};

async function serving(args: Parameters<Command["run"]>[0], io: Io): Promise<number> {
  const loaded = await loadAll(args, io);
  const { config, policy } = loaded;
  // Logs go to standard error: standard output belongs to `journal: stdout`.
  const log = pino(
    { level: config.log_level, base: null },
    { write: (line) => io.err(line.trimEnd()) },
  );
  const app = await startApp(loaded, {
    now_ms: io.now_ms,
    fetch: globalThis.fetch,
    log,
    write: io.write,
    fatal(error) {
      log.fatal(
        { reason: error instanceof Error ? error.message : String(error) },
        "the journal is lost",
      );
      io.exit(EXIT.journal_lost);
    },
  });
  log.info({ url: app.url, public_url: config.public_url, policy: policy.digest }, "listening");
  const signal = await io.stopped();
  log.info({ signal }, "stopping");
  const grace_ms = config.limits.shutdown_grace_s * 1000;
  const late = setTimeout(() => {
    log.error({ grace_s: config.limits.shutdown_grace_s }, "answers in flight took too long");
    io.exit(EXIT.no);
  }, grace_ms);
  await app.close();
  clearTimeout(late);
  log.info("stopped");
  return EXIT.done;
}

const isListenError = (error: unknown) => (error as NodeJS.ErrnoException).syscall === "listen";

function sentence(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE")
    return `nats-sts: ${message}: another process listens there; stop it or change listen`;
  return message;
}
