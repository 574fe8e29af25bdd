import type { Command } from "../command.ts";
import { firstWords, operandOf, optionsOf, secondWords, type Takes } from "./table.ts";

/** Completion for fish 3: a file in its folder `completions`, or sourced. */
export function fishScript(commands: readonly Command[]): string {
  const first = firstWords(commands).map(({ word, says }) => line("__nats_sts_is", word, says));
  const second = [...secondWords(commands)].flatMap(([group, offers]) =>
    offers.map(({ word, says }) => line(`__nats_sts_is ${group}`, word, says)),
  );
  return `# Completion of nats-sts for fish. Printed by: nats-sts completion fish
function __nats_sts_words
    set -l words (commandline -opc)
    set -e words[1]
    contains -- "$words[1]" help --help -h; and set -e words[1]
    string join -- \\n $words
end

# Whether the words so far are these.
function __nats_sts_is
    set -l words (__nats_sts_words)
    test "$words" = "$argv"
end

# Whether they begin with these.
function __nats_sts_in
    set -l words (__nats_sts_words)
    test "$words[1..$(count $argv)]" = "$argv"
end

complete -c nats-sts -f
${COMPLETE} -n __nats_sts_is -l version -d 'Print the version'
${[...first, ...second, ...commands.flatMap(linesOf)].join("\n")}
`;
}

const COMPLETE = "complete -c nats-sts";

const line = (when: string, word: string, says: string) =>
  `${COMPLETE} -n ${quoted(when)} -a ${quoted(word)} -d ${quoted(says)}`;

function linesOf(command: Command): readonly string[] {
  const when = `__nats_sts_in ${command.name}`;
  const options = optionsOf(command).map(([long, { type, short, takes, describe }]) => {
    const names = `-l ${long}${short === undefined ? "" : ` -s ${short}`}`;
    const value = type === "string" ? ` ${afterName(takes)}` : "";
    return `${COMPLETE} -n ${quoted(when)} ${names}${value} -d ${quoted(describe)}`;
  });
  const operand = operandOf(command);
  if (operand === undefined) return options;
  if (operand !== "program")
    return [
      ...options,
      `${COMPLETE} -n ${quoted(when)} ${afterName(operand).replace(/^-[rx] /, "")}`,
    ];
  const behind = quoted(`${when}; and contains -- -- (commandline -opc)`);
  return [...options, `${COMPLETE} -n ${behind} -a '(__fish_complete_command)'`];
}

function afterName(takes: Takes): string {
  if (takes === "file") return "-r -F";
  if (takes === "folder") return "-x -a '(__fish_complete_directories)'";
  return typeof takes === "object" ? `-x -a ${quoted(takes.join(" "))}` : "-x";
}

const quoted = (text: string) => `'${text.replace(/[\\']/g, "\\$&")}'`;
