import { FaultError } from "../config/index.ts";
import { type Command, EXIT } from "./command.ts";
import { CONFIG_OPTION, readConfigFile } from "./load.ts";

/** An answer that takes longer is none. */
const LIMIT_MS = 4_000;

/** Asks the running service whether it can give credentials: for images, which have no curl. */
export const healthcheck: Command = {
  name: "healthcheck",
  summary: "Ask the service on this machine whether it is ready",
  details: `Reads no keys and no policy: only where the service listens, from the configuration and the
environment that serve has too.`,
  example: "nats-sts healthcheck --config nats-sts.yaml",
  options: CONFIG_OPTION,
  async run(args, io) {
    try {
      const { faults, loaded } = await readConfigFile(args, io);
      if (!loaded) throw new FaultError(faults);
      const { host, port } = loaded.config.listen;
      const url = `http://${reachable(host)}:${port}/readyz`;
      const wrong = await wrongAt(url);
      if (wrong === undefined) return EXIT.done;
      io.err(`nats-sts healthcheck: ${url} ${wrong}`);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      io.err(error.message);
    }
    return EXIT.no;
  },
};

/** Undefined when all is well, else what is not. */
async function wrongAt(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS), redirect: "error" });
    const text = await response.text();
    return response.ok ? undefined : `says ${response.status}: ${text.slice(0, 500)}`;
  } catch (error) {
    const { cause, message } = error as Error; // fetch throws nothing else
    return `does not answer: ${cause instanceof Error ? cause.message : message}`;
  }
}

/** Whoever listens everywhere also listens on loopback. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
