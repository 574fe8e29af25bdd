import type { Command, Option } from "../command.ts";

/** What can stand in a place of a command line; undefined where nothing can be offered. */
export type Takes = Option["takes"] | "program";

/** A word and what it means. */
export interface Offer {
  readonly word: string;
  readonly says: string;
}

const HELP: Offer = { word: "help", says: "Explain a command" };

/** What `nats-sts` can be followed by: a command, or the first word of several. */
export function firstWords(commands: readonly Command[]): readonly Offer[] {
  const single = commands.filter(({ name }) => !name.includes(" "));
  const groups = [...secondWords(commands)].map(([word, offers]) => ({
    word,
    says: offers.map((offer) => offer.word).join(", "),
  }));
  return [...single.map(({ name, summary }) => ({ word: name, says: summary })), ...groups, HELP];
}

/** What the first word of a command of two words can be followed by. */
export function secondWords(
  commands: readonly Command[],
): ReadonlyMap<string, readonly [Offer, ...Offer[]]> {
  const groups = new Map<string, [Offer, ...Offer[]]>();
  for (const { name, summary } of commands) {
    const [first = "", second] = name.split(" ");
    if (second === undefined) continue;
    const offer = { word: second, says: summary };
    const group = groups.get(first);
    if (group) group.push(offer);
    else groups.set(first, [offer]);
  }
  return groups;
}

/** The options of a command by their long names, and the one that every command has. */
export function optionsOf({ options }: Command): readonly (readonly [string, Option])[] {
  const help: Option = { type: "boolean", short: "h", describe: "Explain the command" };
  return [...Object.entries(options), ["help", help]];
}

/** What its operands are, by the words of the usage line: `DIR`, `[FILE...]`, `bash|zsh`. */
export function operandOf({ operands = "" }: Command): Takes {
  if (/^[a-z]+(\|[a-z]+)+$/.test(operands)) return operands.split("|");
  if (operands.includes("COMMAND")) return "program";
  if (operands.includes("DIR")) return "folder";
  return /FILE|\.[a-z]+\b/.test(operands) ? "file" : undefined;
}
