import { type Command, EXIT } from "../command.ts";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { zshScript } from "./zsh.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** Made from the table of all commands, itself among them, so that it knows what they know. */
export const completion = (commands: () => readonly Command[]): Command => ({
  name: "completion",
  operands: Object.keys(SCRIPTS).join("|"),
  summary: "Print a script with which a shell completes commands, options and files",
  details: `For bash, in ~/.bashrc:
  eval "$(nats-sts completion bash)"
or, for every new shell where the package bash-completion is there:
  nats-sts completion bash > ~/.local/share/bash-completion/completions/nats-sts

For zsh, into a folder of fpath, before compinit runs:
  nats-sts completion zsh > ~/.zfunc/_nats-sts
or in ~/.zshrc, after compinit:
  eval "$(nats-sts completion zsh)"

For fish:
  nats-sts completion fish > ~/.config/fish/completions/nats-sts.fish

Print it anew after an update.`,
  example: "nats-sts completion bash > ~/.local/share/bash-completion/completions/nats-sts",
  options: {},
  async run({ operands }, io) {
    const [shell, ...more] = operands;
    const script = Object.entries(SCRIPTS).find(([name]) => name === shell)?.[1];
    if (!script || more.length > 0) {
      io.err(`nats-sts completion: say for which shell: ${Object.keys(SCRIPTS).join(", ")}`);
      return EXIT.usage;
    }
    await io.write(script(commands()));
    return EXIT.done;
  },
});
