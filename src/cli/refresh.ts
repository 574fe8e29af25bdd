import { resolve } from "node:path";
import {
  type CredentialOptions,
  type FreshEvent,
  keepFresh,
  proveWritable,
  readCreds,
  renewIfDue,
  wordsOf,
  writeCreds,
} from "../client/index.ts";
import {
  CLIENT_OPTIONS,
  clientCommand,
  clientEffects,
  hintOn,
  readsStdin,
  timeOf,
} from "./client-options.ts";
import { type Args, type Command, EXIT, type Io } from "./command.ts";

/** Keeps a creds file fresh until it is asked to stop. */
export const refresh: Command = {
  name: "refresh",
  summary: "Keep a creds file fresh, as a sidecar or a system service",
  details: `Renews at 70 to 80 % of the lifetime and keeps the user key, so that NATS clients which read the
file again when they reconnect go on without a gap. While the service is away the old file stays
and it is tried again without end; each failure is one line that says why, and when next. The
token is read anew each time: use --token-file or --token-command, since a variable never changes.
SIGTERM or SIGINT ends it with 0. With --once it renews if that is due, and ends.`,
  example:
    "nats-sts refresh --url https://sts.example.com --token-file /var/run/secrets/sts/token --out app.creds",
  options: {
    out: { type: "string", short: "o", takes: "file", describe: "The creds file" },
    once: { type: "boolean", describe: "Renew it if it is missing or due, and end" },
    ...CLIENT_OPTIONS,
  },
  async run(args, io) {
    const file = String(args.values["out"]);
    const work = (options: CredentialOptions) => refreshing(file, options, args, io);
    return clientCommand({ name: "refresh", faultOf, work }, args, io);
  },
};

function faultOf(args: Args): string | undefined {
  if (args.values["out"] === undefined) return "say which file: --out app.creds";
  if (readsStdin(args) && args.values["once"] !== true)
    return "standard input can be read only once: use --token-command, or --once";
  return undefined;
}

async function refreshing(
  name: string,
  options: CredentialOptions,
  args: Args,
  io: Io,
): Promise<number> {
  const once = args.values["once"] === true;
  const file = resolve(io.cwd, name);
  const effects = clientEffects(io);
  const stop = new AbortController();
  void io.stopped().then(() => stop.abort());
  await proveWritable(file);
  const read = await readCreds(file);
  const held = "none" in read ? undefined : read;
  if ("none" in read) io.err(`${name}: ${read.none}`);
  if (once) {
    const credential = await renewIfDue(options, held, effects, stop.signal);
    if (credential) await writeCreds(file, credential.creds);
    const until = credential?.expires_at ?? held?.expires_at ?? 0;
    io.err(`${name}: ${credential ? "renewed" : "not due"}, good until ${timeOf(until * 1000)}`);
    return EXIT.done;
  }
  const take = ({ creds }: { readonly creds: string }) => writeCreds(file, creds);
  const tell = (event: FreshEvent) => io.err(`${name}: ${lineOf(event, io.now_ms(), args)}`);
  await keepFresh(options, { held, take, tell, stop: stop.signal }, effects);
  return EXIT.done;
}

/** What happened and what comes next, in one line. */
export function lineOf(event: FreshEvent, now_ms: number, args: Pick<Args, "values">): string {
  const { type, expires_at, next_ms } = event;
  const life = lifeOf(expires_at, now_ms);
  const next = timeOf(next_ms);
  if (type === "failed") {
    const old = life === undefined ? "there is no credential yet" : `the old one ${life}`;
    return `not renewed: ${wordsOf(event.error)}${hintOn(event.error, args)}; ${old}; next try at ${next}`;
  }
  return `${type === "held" ? "the one that is there" : "renewed, it"} ${life}; next renewal at ${next}`;
}

function lifeOf(expires_at: number | undefined, now_ms: number): string | undefined {
  if (expires_at === undefined) return undefined;
  const until_ms = expires_at * 1000;
  return `${until_ms > now_ms ? "is good until" : "expired at"} ${timeOf(until_ms)}`;
}
