import { type ParseArgsConfig, parseArgs } from "node:util";
import { nearest } from "../config/index.ts";
import type { Args, Command } from "./command.ts";
import { cut } from "./word.ts";

/** The arguments of a command, or what is wrong with them. No secret among them is repeated. */
export function readArgs(command: Command, args: readonly string[]): Args | string {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: command.options as NonNullable<ParseArgsConfig["options"]>, // ours has a description more
    allowPositionals: true,
    strict: false, // strictly it is read below: Node's own words repeat whatever stands there
    tokens: true,
  });
  const end = tokens.find(({ kind }) => kind === "option-terminator")?.index ?? args.length;
  const named = new Set<string>();
  for (const token of tokens) {
    const fault =
      token.kind === "option"
        ? faultOfOption(token, command, named)
        : token.kind === "positional" && faultOfOperand(token, command, end);
    if (typeof fault === "string") return fault;
  }
  return { values: values as Args["values"], operands: positionals }; // of these very options
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function faultOfOption(
  { name, rawName, value, inlineValue }: OptionToken,
  { options }: Command,
  named: Set<string>,
): string | undefined {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (!option) return `there is no option ${toldOf(rawName)}${guess(name, options)}`;
  if (named.has(name) && !option.multiple) return `--${name} is there twice`;
  named.add(name);
  if (option.type === "boolean")
    return value === undefined ? undefined : `--${name} takes no value`;
  // What looks like an option is one: whoever means it as a value writes it behind a "=".
  if (value === undefined || (!inlineValue && /^-./.test(value))) return `--${name} wants a value`;
  return secretIn(value);
}

function guess(name: string, options: Command["options"]): string {
  const near = name.length > 1 ? nearest(name, Object.keys(options)) : undefined;
  return near === undefined ? "" : `: did you mean --${near}?`;
}

function faultOfOperand(
  { value, index }: { readonly value: string; readonly index: number },
  { operands }: Command,
  end: number,
): string | undefined {
  // What follows the command behind -- is its own, and it has to be started with it.
  const secret = index <= end + 1 ? secretIn(value) : undefined;
  if (secret !== undefined) return secret;
  return operands === undefined ? `there is no place for ${toldOf(value)}` : undefined;
}

/** What is wrong with an argument that everybody on this machine can read. */
function secretIn(text: string): string | undefined {
  if (/\bS[A-Z][A-Z2-7]{50,}/.test(text))
    return "that is a seed, which is a secret: whoever could see this command line has it now";
  if (/(^|[^A-Za-z0-9])ey[A-Za-z0-9_-]{6,}\./.test(text) || /\beyJ[A-Za-z0-9_-]{20,}/.test(text))
    return "a token does not belong on the command line, where others can read it: give it in a file, a variable or on standard input";
  return undefined;
}

/** What somebody typed, unless it is as long as a token without any form may be. */
export function toldOf(text: string): string {
  const longest = Math.max(...text.split(/[/.:\s]/).map(({ length }) => length));
  return longest > 24 || secretIn(text) !== undefined
    ? "what stands there (not shown: it may be a secret)"
    : cut(JSON.stringify(text));
}
