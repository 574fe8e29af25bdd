import type { ParseArgsConfig } from "node:util";
import { parseArgs } from "node:util";
import type { Environment } from "../config/index.ts";
import type { Owner } from "../keys/index.ts";

/** A command is data, so that help and documentation are printed from one table. */
export interface Command {
  /** One or two words: `serve`, `journal verify`. */
  readonly name: string;
  /** What stands after the name and the options, for the usage line. */
  readonly operands?: string;
  readonly summary: string;
  /** A command line that works, with a word on what it does. */
  readonly example: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Resolves to the exit code: 0 done, 1 the answer is no, 2 wrong usage. */
  run(args: Args, io: Io): Promise<number>;
}

export interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly default?: string;
  readonly describe: string;
}

export interface Args {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly operands: readonly string[];
}

/** The terminal and the process, handed in so that a test can be one. Only `main.ts` makes the real one. */
export interface Io {
  out(line: string): void;
  err(line: string): void;
  /** Writes to standard output and resolves once it was taken. */
  write(text: string): Promise<void>;
  readonly env: Environment;
  readonly owner: Owner;
  /** The working directory. */
  readonly cwd: string;
  now_ms(): number;
  /** Resolves with the name of the signal that asks the process to end. */
  stopped(): Promise<string>;
  /** Ends the process at once. */
  exit(code: number): never;
  readonly version: string;
}

/** Exit codes, for scripts and supervisors. */
export const EXIT = { done: 0, no: 1, usage: 2, journal_lost: 3 } as const;

/** Finds the command, reads its options and runs it. */
export async function dispatch(
  commands: readonly Command[],
  argv: readonly string[],
  io: Io,
): Promise<number> {
  if (argv.length === 0 || argv[0] === "help" || argv[0] === "--help" || argv[0] === "-h") {
    io.out(overview(commands));
    return argv.length === 0 ? EXIT.usage : EXIT.done;
  }
  if (argv[0] === "--version") {
    io.out(io.version);
    return EXIT.done;
  }
  const command = commands.find(({ name }) => name.split(" ").every((word, i) => argv[i] === word));
  if (!command) {
    io.err(`nats-sts: there is no command ${JSON.stringify(argv[0])}\n\n${overview(commands)}`);
    return EXIT.usage;
  }
  const args = argv.slice(command.name.split(" ").length);
  if (args.includes("--help") || args.includes("-h")) {
    io.out(usage(command));
    return EXIT.done;
  }
  try {
    const { values, positionals } = parseArgs({
      args,
      options: command.options as NonNullable<ParseArgsConfig["options"]>, // ours has a description more
      allowPositionals: command.operands !== undefined,
      strict: true,
    });
    return await command.run({ values: values as Args["values"], operands: positionals }, io); // no option is multiple
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (!code?.startsWith("ERR_PARSE_ARGS")) throw error;
    io.err(`nats-sts ${command.name}: ${message}\n\n${usage(command)}`);
    return EXIT.usage;
  }
}

function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `nats-sts: an identity provider's token in, a short-lived NATS credential out.

Usage: nats-sts COMMAND [OPTIONS]

${list.join("\n")}

nats-sts COMMAND --help tells more about one of them; nats-sts --version prints the version.`;
}

function usage({ name, operands, summary, example, options }: Command): string {
  const list = Object.entries(options).map(
    ([option, { type, short, describe, default: fallback }]) => {
      const flag = `${short ? `-${short}, ` : "    "}--${option}${type === "string" ? " VALUE" : ""}`;
      return `  ${flag.padEnd(22)}  ${describe}${fallback ? ` (default: ${fallback})` : ""}`;
    },
  );
  const parts = [
    `${summary}.`,
    `Usage: nats-sts ${name} [OPTIONS]${operands ? ` ${operands}` : ""}`,
  ];
  if (list.length > 0) parts.push(list.join("\n"));
  return [...parts, `Example:\n  ${example}`].join("\n\n");
}
