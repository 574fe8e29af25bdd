import type { Command, Option } from "../command.ts";
import { inShell } from "../show.ts";
import { firstWords, type Offer, operandOf, optionsOf, secondWords, type Takes } from "./table.ts";

/** Completion for zsh: as a file named `_nats-sts` in a folder of `fpath`, or sourced. */
export function zshScript(commands: readonly Command[]): string {
  const groups = [...secondWords(commands)].map(
    ([first, offers]) => `    (${first})
      if (( CURRENT == 3 )); then
        offers=(${list(offers)})
        _describe -t commands command offers
        return
      fi
      name="$name $words[3]"
      shift words
      (( CURRENT-- )) ;;`,
  );
  return `#compdef nats-sts
# Completion of nats-sts for zsh. Printed by: nats-sts completion zsh
_nats_sts() {
  local -a offers
  local helping name
  if (( CURRENT > 2 )) && [[ $words[2] == (help|--help|-h) ]]; then
    helping=yes
    shift words
    (( CURRENT-- ))
  fi
  if (( CURRENT == 2 )); then
    offers=(${list([...firstWords(commands), { word: "--version", says: "Print the version" }])})
    _describe -t commands command offers
    return
  fi
  name=$words[2]
  case $name in
${groups.join("\n")}
  esac
  if [[ -n $helping ]]; then return; fi
  shift words
  (( CURRENT-- ))
  case $name in
${commands.map(caseOf).join("\n")}
  esac
}

if [[ $funcstack[1] == _nats-sts ]]; then _nats_sts "$@"
else compdef _nats_sts nats-sts
fi
`;
}

function caseOf(command: Command): string {
  const operand = operandOf(command);
  const specs = optionsOf(command).flatMap(([long, option]) => optionSpecs(long, option));
  if (operand === "program") specs.push("(-)1:command: _command_names -e", "*::arguments: _normal");
  else if (operand !== undefined) specs.push(`*:${actionOf(operand)}`);
  const lines = specs.map((spec) => `        ${inShell(spec)}`);
  return `    (${inShell(command.name)})\n      _arguments -s -S \\\n${lines.join(" \\\n")} ;;`;
}

/** One for each of its names; the one excludes the other unless it may be repeated. */
function optionSpecs(long: string, option: Option): readonly string[] {
  const { type, short, multiple, takes, describe } = option;
  const value = type === "string" ? `:${actionOf(takes)}` : "";
  const names = [...(short === undefined ? [] : [`-${short}`]), `--${long}`];
  const before = multiple ? "*" : names.length > 1 ? `(${names.join(" ")})` : "";
  const says = `[${describe.replace(/[[\]:\\]/g, "\\$&")}]`;
  return names.map((name) => {
    const joined = type === "string" && name.startsWith("--") ? "=" : "";
    return `${before}${name}${joined}${says}${value}`;
  });
}

function actionOf(takes: Takes): string {
  if (takes === "file") return "file:_files";
  if (takes === "folder") return "folder:_files -/";
  return typeof takes === "object" ? `word:(${takes.join(" ")})` : "value: ";
}

const list = (offers: readonly Offer[]) =>
  `\n${offers.map(({ word, says }) => `      ${inShell(`${word}:${says}`)}`).join("\n")}\n    `;
