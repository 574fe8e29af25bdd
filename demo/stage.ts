import { execFile } from "node:child_process";

const colours = process.stdout.isTTY && !process.env["NO_COLOR"];
const paint = (code: number, text: string) => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);

/** Where the story is told: what is typed, what comes back, what it means. */
export const stage = {
  title: (text: string) => console.log(`\n${paint(1, text)}\n`),
  say: (text: string) => console.log(`  ${text}`),
  /** A command line, as it would be typed. */
  typed(text: string) {
    const [first = "", ...rest] = text.trimEnd().split("\n");
    console.log(paint(36, [`  $ ${first}`, ...rest.map((line) => `    ${line}`)].join("\n")));
  },
  came: (text: string) => console.log(text.trimEnd().replace(/^/gm, "    ")),
  good: (text: string) => console.log(`  ${paint(32, "✓")} ${text}`),
  refused: (text: string) => console.log(`  ${paint(33, "✗")} ${text}`),
  missing: (text: string) => console.log(`  ${paint(35, "?")} ${text}`),
};

/** What a command printed, and how it ended. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const COMMAND_LIMIT_MS = 30_000;

/** Runs a shell script in a folder. The environment is how secrets get in: arguments can be seen by all. */
export function shell(
  script: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { cwd, env: { ...process.env, ...env }, timeout: COMMAND_LIMIT_MS };
    execFile("sh", ["-c", script], options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

/** The part of a story that has to hold, or the demo ends with 1. */
export function must(holds: unknown, what: string): asserts holds {
  if (!holds) throw new Error(`the demo expected this: ${what}`);
}

/** Enough of a secret to recognise it. */
export const short = (text: string, length = 40) =>
  text.length > length ? `${text.slice(0, length)}…` : text;
