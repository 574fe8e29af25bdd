import type { Command } from "./command.ts";

/** What `nats-sts --help` prints. */
export function overview(commands: readonly Command[]): string {
  return `nats-sts: an identity provider's token in, a short-lived NATS credential out.

Usage: nats-sts COMMAND [OPTIONS]

${listed(commands)}

To begin, nats-sts init writes a configuration, nats-sts.yaml, and the policy that it names. Then:
  nats-sts check && nats-sts serve

nats-sts COMMAND --help explains one command; nats-sts --version prints the version.
Exit codes: 0 done, 1 the answer is no, 2 wrong usage, 3 the journal was lost, 4 crashed.`;
}

/** A line for each command, as for a group of them: `nats-sts policy --help`. */
export function listed(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join("\n");
}

/** What `nats-sts COMMAND --help` prints. */
export function usage({ name, operands, summary, details, example, options }: Command): string {
  const flags = Object.entries(options).map(([option, { type, short }]) => {
    return `${short ? `-${short}, ` : "    "}--${option}${type === "string" ? " VALUE" : ""}`;
  });
  const width = Math.max(22, ...flags.map(({ length }) => length));
  const list = Object.values(options).map(({ describe, default: fallback }, i) => {
    const flag = flags[i]?.padEnd(width);
    return `  ${flag}  ${describe}${fallback ? ` (default: ${fallback})` : ""}`;
  });
  const line = ["nats-sts", name, ...(list.length > 0 ? ["[OPTIONS]"] : []), operands ?? ""];
  const parts = [`${summary}.`, `Usage: ${line.join(" ").trimEnd()}`];
  if (details !== undefined) parts.push(details);
  if (list.length > 0) parts.push(`Options:\n${list.join("\n")}`);
  return [...parts, `Example:\n  ${example}`].join("\n\n");
}
