import type { Command } from "../command.ts";
import { inShell } from "../show.ts";
import { firstWords, type Offer, operandOf, optionsOf, secondWords, type Takes } from "./table.ts";

/** Completion for bash 3.2 and later, without the package bash-completion. */
export function bashScript(commands: readonly Command[]): string {
  const groups = [...secondWords(commands)].map(
    ([first, offers]) =>
      `    ${first})
      if ((COMP_CWORD == at + 1)); then _nats_sts_offer ${list(offers)}; return; fi
      name+=" \${COMP_WORDS[at + 1]}" ;;`,
  );
  return `# Completion of nats-sts for bash. Printed by: nats-sts completion bash
_nats_sts() {
  local at=1 i name takes= options= operand= behind=
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  # To bash, the = of --option=value is a word.
  if [[ $cur == = ]]; then cur=
  elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if ((COMP_CWORD > 1)); then
    case \${COMP_WORDS[1]} in help | --help | -h) at=2 ;; esac
  fi
  if ((COMP_CWORD == at)); then
    _nats_sts_offer ${list([...firstWords(commands), VERSION])}
    return
  fi
  name=\${COMP_WORDS[at]}
  case $name in
${groups.join("\n")}
  esac
  if ((at == 2)); then return; fi
  # What stands after -- belongs to another program.
  for ((i = at + 1; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} == -- ]]; then behind=$i; break; fi
  done
  case $name in
${commands.map(caseOf).join("\n")}
  esac
  if [[ -n $behind ]]; then
    if [[ $operand == program ]] && ((COMP_CWORD > behind + 1)); then operand=file; fi
    _nats_sts_value "$operand"
  elif [[ -n $takes ]]; then _nats_sts_value "$takes"
  elif [[ $cur == -* || -z $operand || $operand == program ]]; then _nats_sts_offer "$options"
  else _nats_sts_value "$operand"
  fi
}

# Words that begin with what is there; what they mean is shown where a list was asked for.
_nats_sts_offer() {
  local word says described=()
  while IFS=$'\\t' read -r word says; do
    if [[ $word != "$cur"* ]]; then continue; fi
    COMPREPLY+=("$word")
    described+=("$(printf '%-18s  %s' "$word" "$says")")
  done <<< "$1"
  if [[ \${COMP_TYPE-} == 63 && \${#COMPREPLY[@]} -gt 1 ]]; then COMPREPLY=("\${described[@]}"); fi
}

_nats_sts_value() {
  local how word
  case $1 in
    file) how=-f ;;
    folder) how=-d ;;
    program) how=-c ;;
    =*) _nats_sts_offer "\${1#=}"; return ;;
    *) return ;;
  esac
  if [[ $how != -c ]]; then compopt -o filenames 2> /dev/null; fi
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$how" -- "$cur")
}

complete -F _nats_sts nats-sts
`;
}

const VERSION: Offer = { word: "--version", says: "Print the version" };

function caseOf(command: Command): string {
  const options = optionsOf(command);
  const values = options
    .filter(([, { type }]) => type === "string")
    .map(([long, { short, takes }]) => {
      const names = short === undefined ? `--${long}` : `--${long} | -${short}`;
      return `        ${names}) takes=${placeOf(takes) || "nothing"} ;;`;
    });
  const offers = options.map(([long, { describe }]) => ({ word: `--${long}`, says: describe }));
  const cases = values.length > 0 ? `\n      case $prev in\n${values.join("\n")}\n      esac` : "";
  return `    ${inShell(command.name)})
      options=${list(offers)}${cases}
      operand=${placeOf(operandOf(command))} ;;`;
}

const placeOf = (takes: Takes) =>
  typeof takes === "object" ? inShell(`=${takes.join("\n")}`) : (takes ?? "");

const list = (offers: readonly Offer[]) =>
  inShell(offers.map(({ word, says }) => `${word}\t${says}`).join("\n"));
