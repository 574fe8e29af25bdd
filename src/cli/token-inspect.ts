import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { FaultError, readWritten } from "../config/index.ts";
import { ERRORS, StsError } from "../errors.ts";
import { type Inspection, inspectToken, trustedIssuers } from "../identity/index.ts";
import { type Args, type Command, EXIT, type Io } from "./command.ts";
import { CONFIG_OPTION, readConfigFile } from "./load.ts";
import { asJson } from "./show.ts";
import { inspected, whatItIs } from "./token-inspect-text.ts";

/** Says what a token is, and what verification makes of it. */
export const tokenInspect: Command = {
  name: "token inspect",
  operands: "[-]",
  summary: "Say what a token is and which checks it passes, as the service makes them",
  details: `Reads the configuration alone, fetches the keys of the issuer that the token names, and makes every
check of the service, also after one that fails. The token is sent nowhere, except to an issuer that
is to be asked about its tokens (validation). It comes from a file or from standard input, never from
the command line, where others could see it. Claims are shown.

A token that is bound to a key is looked at as if a good proof of it had come along.

Exits with 0 when the service would accept the token, with 1 when not. What the policy would then
give says nats-sts policy explain.`,
  example: "nats-sts token inspect --config nats-sts.yaml --file token.txt",
  options: {
    ...CONFIG_OPTION,
    file: {
      type: "string",
      short: "f",
      takes: "file",
      describe: "A file with the token; - is standard input",
    },
    json: { type: "boolean", describe: "Print JSON" },
  },
  async run(args, io) {
    const wrong = (what: string) => {
      io.err(`nats-sts token inspect: ${what}`);
      return EXIT.usage;
    };
    const token = await readToken(args, io);
    if ("wrong" in token) return wrong(token.wrong);
    try {
      const { faults, loaded } = await readConfigFile(args, io);
      if (!loaded || faults.length > 0) throw new FaultError(faults);
      const { issuers: configs, limits, clock_skew_s } = loaded.config;
      const now_s = Math.floor(io.now_ms() / 1000);
      const issuers = trustedIssuers(configs, globalThis.fetch, () => now_s, {
        keeping: { ...io.owner, read_only: true },
      });
      const verifier = { issuers, token_limit_bytes: limits.token_bytes, clock_skew_s };
      const inspection = await inspectToken(token.text, verifier, now_s);
      const names = configs.map(({ name, url }) => ({ name, url }));
      io.out(
        args.values["json"]
          ? asJson(forPrograms(token.text, inspection))
          : inspected(token.text, inspection, names, now_s),
      );
      return inspection.verdict instanceof StsError ? EXIT.no : EXIT.done;
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      io.err(error.message);
      return EXIT.usage;
    }
  },
};

async function readToken(
  { values, operands }: Args,
  io: Io,
): Promise<{ readonly text: string } | { readonly wrong: string }> {
  const [operand, ...more] = operands;
  // Whatever stands there may be a token: it is not repeated on the terminal.
  if (more.length > 0 || (operand !== undefined && operand !== "-"))
    return { wrong: "a token does not belong on the command line: name a file with --file, or -" };
  const name = values["file"] ?? operand;
  if (name === undefined || (operand !== undefined && values["file"] !== undefined))
    return { wrong: "name one file with --file, or - for standard input" };
  if (name === "-") return { text: (await text(io.stdin())).trim() };
  const bytes = await readWritten(resolve(io.cwd, String(name)));
  if ("fault" in bytes) return { wrong: `${String(name)} ${bytes.fault}` };
  return { text: Buffer.from(bytes).toString("utf8").trim() };
}

function forPrograms(token: string, inspection: Inspection) {
  const { verdict, issuer, identity, needs_proof, checks, header, claims } = inspection;
  const refused = verdict instanceof StsError;
  return {
    accepted: !refused,
    ...(refused && { code: verdict.code, says: ERRORS[verdict.code].say, detail: verdict.detail }),
    what: whatItIs(token, header, claims),
    ...(issuer && { issuer: issuer.name, preset: issuer.preset, audience: issuer.audience }),
    needs_proof,
    checks,
    ...(refused ? identity && { would_be: identity } : { identity: verdict }),
    header,
    claims,
  };
}
