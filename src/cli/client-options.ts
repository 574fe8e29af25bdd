import { resolve } from "node:path";
import {
  type ClientEffects,
  ClientError,
  type CredentialOptions,
  serviceUrl,
  systemEffects,
  type TokenSource,
  tokenFromCommand,
  tokenFromEnv,
  tokenFromFile,
  tokenFromStream,
} from "../client/index.ts";
import { type Args, EXIT, type Io } from "./command.ts";
import { narrowingIn } from "./narrowing.ts";

/** Where a token is looked for when nothing is said. */
export const TOKEN_VARIABLE = "NATS_STS_TOKEN";

/** The options that every command of the client side has. */
export const CLIENT_OPTIONS = {
  url: { type: "string", describe: "The service, such as https://sts.example.com" },
  "public-url": {
    type: "string",
    describe: "Its own public_url, where it is reached by another URL than that",
  },
  "token-file": {
    type: "string",
    takes: "file",
    describe: "Read the token from a file; - is standard input",
  },
  "token-env": {
    type: "string",
    describe: `Read the token from a variable (default: ${TOKEN_VARIABLE})`,
  },
  "token-command": {
    type: "string",
    describe: "Run a command, without a shell, whose output is the token",
  },
  account: { type: "string", describe: "The account, where your roles are in several" },
  roles: { type: "string", multiple: true, describe: "Only this role; may be repeated" },
  publish: {
    type: "string",
    multiple: true,
    describe: "Only this subject of those granted; may be repeated; '' for none",
  },
  subscribe: {
    type: "string",
    multiple: true,
    describe: "Only this subject, or 'subject queue'; may be repeated; '' for none",
  },
  ttl: { type: "string", describe: "A shorter life, such as 5m" },
} as const;

/** What the options ask for, or what is wrong with them. */
function credentialOptions(
  args: Args,
  io: Pick<Io, "cwd" | "env" | "stdin">,
): CredentialOptions | string {
  const { values } = args;
  if (values["url"] === undefined) return "say which service: --url https://sts.example.com";
  const narrowing = narrowingIn(args);
  if (typeof narrowing === "string") return narrowing;
  const public_url = values["public-url"];
  try {
    const token = tokenSource(values, io);
    if (typeof token === "string") return token;
    return {
      url: serviceUrl(String(values["url"]), "--url"),
      ...(public_url !== undefined && {
        public_url: serviceUrl(String(public_url), "--public-url"),
      }),
      token,
      ...narrowing,
    };
  } catch (error) {
    if (error instanceof ClientError) return error.message;
    throw error;
  }
}

function tokenSource(
  values: Args["values"],
  { cwd, env, stdin }: Pick<Io, "cwd" | "env" | "stdin">,
): TokenSource | string {
  const names = ["token-file", "token-env", "token-command"] as const;
  const said = names.filter((name) => values[name] !== undefined);
  const [name = "token-env"] = said;
  if (said.length > 1) return `one source of the token is enough: --${said.join(" or --")}`;
  const value = String(values[name] ?? TOKEN_VARIABLE);
  if (name === "token-env") return tokenFromEnv(env, value);
  if (name === "token-command") return tokenFromCommand(value, env);
  return value === "-" ? tokenFromStream(stdin) : tokenFromFile(resolve(cwd, value));
}

/** Whether standard input was named, which can be read only once. */
export const readsStdin = ({ values }: Args) => values["token-file"] === "-";

/** The world of the client, with the clock of the terminal. */
export function clientEffects(io: Pick<Io, "now_ms" | "version">): ClientEffects {
  const effects = systemEffects();
  const named = { "user-agent": `nats-sts/${io.version}` }; // the journal of the service shows it
  return {
    ...effects,
    now_ms: io.now_ms,
    fetch: (url, options) =>
      effects.fetch(url, { ...options, headers: { ...(options.headers as object), ...named } }), // ours are maps
  };
}

/** What else is to be said of a failure: a token that has expired in a variable does not come back. */
export function hintOn(error: unknown, { values }: Pick<Args, "values">): string {
  const expired = error instanceof ClientError && error.told.code === "token_expired";
  const from_variable = values["token-file"] === undefined && values["token-command"] === undefined;
  return expired && from_variable
    ? "; the token is in a variable, which never changes: use --token-file or --token-command"
    : "";
}

/** A command of the client side. */
export interface ClientCommand {
  readonly name: string;
  /** What else is wrong with the arguments. */
  faultOf(args: Args): string | undefined;
  /** Resolves with the exit code. */
  work(options: CredentialOptions): Promise<number>;
}

/** Runs a command of the client side; wrong usage and expected failures become one line and an exit code. */
export async function clientCommand(
  { name, faultOf, work }: ClientCommand,
  args: Args,
  io: Pick<Io, "cwd" | "env" | "stdin" | "err">,
): Promise<number> {
  const options = credentialOptions(args, io);
  const fault = typeof options === "string" ? options : faultOf(args);
  if (typeof options === "string" || fault !== undefined) {
    io.err(`nats-sts ${name}: ${fault}`);
    return EXIT.usage;
  }
  try {
    return await work(options);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    io.err(`nats-sts ${name}: ${error.message}${name === "fetch" ? "" : hintOn(error, args)}`);
    return EXIT.no;
  }
}

/** A time as the lines of these commands show it, to the second. */
export const timeOf = (unix_ms: number) =>
  new Date(Math.round(unix_ms / 1000) * 1000).toISOString().replace(".000Z", "Z");
