import { type ParseArgsConfig, parseArgs } from "node:util";
import { suggestion } from "../config/index.ts";
import { type Args, type Command, EXIT, type Io } from "./command.ts";
import { listed, overview, usage } from "./help.ts";

const HELP = ["help", "--help", "-h"];

/** Finds the command, reads its options and runs it. */
export async function dispatch(
  commands: readonly Command[],
  argv: readonly string[],
  io: Io,
): Promise<number> {
  const [first, ...rest] = argv;
  if (first === "--version") {
    io.out(io.version);
    return EXIT.done;
  }
  const asks_help = first !== undefined && HELP.includes(first);
  if (first === undefined || (asks_help && rest.length === 0)) {
    io.out(overview(commands));
    return asks_help ? EXIT.done : EXIT.usage;
  }
  const words = asks_help ? rest : argv;
  const command = commands.find(({ name }) =>
    name.split(" ").every((word, i) => words[i] === word),
  );
  if (!command) {
    const group = groupIn(commands, words, asks_help);
    if (group) {
      io.out(listed(group));
      return EXIT.done;
    }
    io.err(`${unknown(commands, words)}\nnats-sts --help lists the commands.`);
    return EXIT.usage;
  }
  const args = words.slice(command.name.split(" ").length);
  // What stands after -- belongs to another program.
  const own = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  if (asks_help || own.some((arg) => arg === "--help" || arg === "-h")) {
    io.out(usage(command));
    return EXIT.done;
  }
  const read = readArgs(command, args);
  if (typeof read !== "string") return command.run(read, io);
  io.err(`nats-sts ${command.name}: ${read}\nnats-sts ${command.name} --help explains it.`);
  return EXIT.usage;
}

/** The arguments of a command, or what is wrong with them. */
function readArgs(command: Command, args: readonly string[]): Args | string {
  try {
    const { values, positionals, tokens } = parseArgs({
      args: [...args],
      options: command.options as NonNullable<ParseArgsConfig["options"]>, // ours has a description more
      allowPositionals: command.operands !== undefined,
      strict: true,
      tokens: true,
    });
    const names = tokens.flatMap((token) => (token.kind === "option" ? [token.name] : []));
    const twice = names.find(
      (name, i) => names.indexOf(name) < i && !command.options[name]?.multiple,
    );
    if (twice !== undefined) return `--${twice} is there twice`;
    return { values: values as Args["values"], operands: positionals }; // of these very options
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException; // what parseArgs throws has a code
    if (!code?.startsWith("ERR_PARSE_ARGS")) throw error;
    return message;
  }
}

/** The commands that begin with the word, where help is asked of it: `nats-sts policy --help`. */
function groupIn(commands: readonly Command[], words: readonly string[], asks_help: boolean) {
  const [first = "", second, ...more] = words;
  const asks = asks_help ? second === undefined : second !== undefined && HELP.includes(second);
  if (!asks || more.length > 0) return undefined;
  const group = commands.filter(({ name }) => name.startsWith(`${first} `));
  return group.length > 0 ? group : undefined;
}

function unknown(commands: readonly Command[], words: readonly string[]): string {
  const [first = ""] = words;
  const group = commands.filter(({ name }) => name.startsWith(`${first} `));
  const said = group.length > 0 ? words.slice(0, 2).join(" ") : first;
  const known = (group.length > 0 ? group : commands).map(({ name }) => name);
  return `nats-sts: there is no command ${JSON.stringify(said)}${suggestion(said, known)}`;
}
