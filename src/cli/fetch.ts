import { resolve } from "node:path";
import {
  type CredentialOptions,
  type FetchedCredential,
  fetchCredential,
  proveWritable,
  writeCreds,
} from "../client/index.ts";
import { CLIENT_OPTIONS, clientCommand, clientEffects, timeOf } from "./client-options.ts";
import { type Args, type Command, EXIT } from "./command.ts";

/** Gets one credential. */
export const fetch: Command = {
  name: "fetch",
  summary: "Get a NATS credential for the token of your identity provider",
  details: `Makes a user key, proves to the service that it has it, and writes a creds file that every NATS
client takes: the seed never leaves this machine. The token comes from a file, a variable or a
command, never from an argument, which everybody on this machine could read. The file is replaced
whole; when anything fails, the old one stays and the exit code is 1. A private certificate
authority is named in NODE_EXTRA_CA_CERTS.`,
  example: `nats-sts fetch --url https://sts.example.com --token-file token --out app.creds
  nats --creds app.creds sub 'orders.>'`,
  options: {
    out: {
      type: "string",
      short: "o",
      takes: "file",
      describe: "Where to write it (default: standard output)",
    },
    ...CLIENT_OPTIONS,
    format: {
      type: "string",
      default: "creds",
      takes: ["creds", "json"],
      describe: "creds, or json with everything that the service said",
    },
  },
  async run(args, io) {
    const work = async (options: CredentialOptions) => {
      const { out, format } = args.values;
      const file = out === undefined ? undefined : resolve(io.cwd, String(out));
      if (file !== undefined) await proveWritable(file);
      const credential = await fetchCredential(options, clientEffects(io));
      const text = format === "json" ? jsonOf(credential) : credential.creds;
      if (file === undefined) await io.write(text);
      else {
        await writeCreds(file, text);
        const until = timeOf(credential.expires_at * 1000);
        io.out(`${out}: ${credential.account}, good until ${until}`);
      }
      return EXIT.done;
    };
    return clientCommand({ name: "fetch", faultOf, work }, args, io);
  },
};

const FORMATS: readonly unknown[] = ["creds", "json"];

const faultOf = ({ values }: Args) =>
  FORMATS.includes(values["format"]) ? undefined : "--format is creds or json";

/** As the service answers those who bring no key: the answer, with the seed. */
function jsonOf({ creds: _, ...rest }: FetchedCredential): string {
  return `${JSON.stringify(rest, null, 2)}\n`;
}
