import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { type Config, FaultError } from "../config/index.ts";
import { type Command, EXIT } from "./command.ts";
import { CONFIG_OPTION, readConfigFile } from "./load.ts";

/** An answer that takes longer is none. */
const LIMIT_MS = 4_000;

/** Asks the running service whether it can give credentials: for images, which have no curl. */
export const healthcheck: Command = {
  name: "healthcheck",
  summary: "Ask the service on this machine whether it is ready",
  details: `Reads no keys and no policy: only where the service listens, from the configuration and the
environment that serve has too. Where callers need a certificate, it asks at metrics_listen.`,
  example: "nats-sts healthcheck --config nats-sts.yaml",
  options: CONFIG_OPTION,
  async run(args, io) {
    try {
      const { faults, loaded } = await readConfigFile(args, io);
      if (!loaded) throw new FaultError(faults);
      const url = `${openDoor(loaded.config)}/readyz`;
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

/** Both doors tell it. This command has no certificate of a caller. */
function openDoor({ listen, tls, metrics_listen, metrics_tls }: Config): string {
  const [at, its] =
    tls?.client_ca_file === undefined ? [listen, tls] : [metrics_listen, metrics_tls];
  return `${its ? "https" : "http"}://${reachable(at.host)}:${at.port}`;
}

/** Undefined when all is well, else what is not. */
async function wrongAt(url: string): Promise<string | undefined> {
  try {
    const { status, body } = await ask(url);
    return status === 200 ? undefined : `says ${status}: ${body.slice(0, 500)}`;
  } catch (error) {
    return `does not answer: ${error instanceof Error ? error.message : "unknown"}`;
  }
}

function ask(url: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const options = {
      agent: false as const,
      signal: AbortSignal.timeout(LIMIT_MS),
      // Its certificate is for the name by which callers know it, not for this address. Nothing is
      // told to it, and whoever could stand in its place on this machine could as well be it.
      rejectUnauthorized: false,
    };
    const make = url.startsWith("https:") ? httpsRequest : httpRequest;
    make(url, options, (response) => {
      const { statusCode: status = 0 } = response;
      text(response).then((body) => resolve({ status, body }), reject);
    })
      .on("error", ({ cause, message }) =>
        reject(cause instanceof Error ? cause : new Error(message)),
      )
      .end();
  });
}

/** Whoever listens everywhere also listens on loopback. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "localhost") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
