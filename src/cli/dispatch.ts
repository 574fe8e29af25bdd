import { nearest, suggestion } from "../config/index.ts";
import { readArgs, toldOf } from "./arguments.ts";
import { type Command, EXIT, type Io } from "./command.ts";
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

/** The commands that begin with the word, where help is asked of it: `nats-sts policy --help`. */
function groupIn(commands: readonly Command[], words: readonly string[], asks_help: boolean) {
  const [first = "", second, ...more] = words;
  const asks = asks_help ? second === undefined : second !== undefined && HELP.includes(second);
  if (!asks || more.length > 0) return undefined;
  const group = commands.filter(({ name }) => name.startsWith(`${first} `));
  return group.length > 0 ? group : undefined;
}

function unknown(commands: readonly Command[], words: readonly string[]): string {
  const [first = "", second] = words;
  const names = commands.map(({ name }) => name);
  const group = names.filter((name) => name.startsWith(`${first} `));
  if (group.length > 0) {
    const said = words.slice(0, 2).join(" ");
    return `${no(toldOf(said))}${suggestion(said, group)}`;
  }
  // Of "polic test", both words may be meant, or the first alone.
  const both = second === undefined ? undefined : nearest(`${first} ${second}`, names);
  const firsts = [...new Set(names.map((name) => name.split(" ")[0] ?? name))];
  const near = both ?? nearest(first, firsts);
  if (near !== undefined) return `${no(toldOf(first))}: did you mean ${JSON.stringify(near)}?`;
  return `${no(toldOf(first))}${suggestion(first, names)}`;
}

const no = (said: string) => `nats-sts: there is no command ${said}`;
