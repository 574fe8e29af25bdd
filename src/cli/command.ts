import type { Environment } from "../config/index.ts";
import type { Owner } from "../keys/index.ts";

/** A command is data, so that help and documentation are printed from one table. */
export interface Command {
  /** One or two words: `serve`, `journal verify`. */
  readonly name: string;
  /** What stands after the name and the options, for the usage line. */
  readonly operands?: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** What a newcomer has to know, in lines of at most 100 characters. */
  readonly details?: string;
  /** A command line that works, with a word on what it does. */
  readonly example: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Resolves to the exit code: 0 done, 1 the answer is no, 2 wrong usage. */
  run(args: Args, io: Io): Promise<number>;
}

export interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly default?: string;
  /** True where it may stand there more than once: its value is a list. */
  readonly multiple?: boolean;
  /** What a shell completes its value with. */
  readonly takes?: "file" | "folder" | readonly string[];
  readonly describe: string;
}

export interface Args {
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly operands: readonly string[];
}

/** The terminal and the process, handed in so that a test can be one. Only `main.ts` makes the real one. */
export interface Io {
  out(line: string): void;
  err(line: string): void;
  /** Writes to standard output and resolves once it was taken. */
  write(text: string): Promise<void>;
  readonly env: Environment;
  readonly owner: Owner;
  /** The working directory. */
  readonly cwd: string;
  now_ms(): number;
  /** Standard input. Nothing touches it unless this is called. */
  stdin(): AsyncIterable<Uint8Array>;
  /** Resolves with the name of the signal that asks the process to end. */
  stopped(): Promise<string>;
  /** Calls back for each of these signals, until the function that it returns is called. */
  onSignals(names: readonly NodeJS.Signals[], heard: (name: NodeJS.Signals) => void): () => void;
  /** Node's own options, as this process was started with. */
  readonly node_flags: readonly string[];
  /**
   * Says where the stack of an error goes that nothing expected, just before the process ends, which
   * waits a moment for what that returns.
   */
  onCrash(tell: (stack: string) => unknown): void;
  /** Ends the process at once. */
  exit(code: number): never;
  readonly version: string;
}

/** Exit codes, for scripts and supervisors. */
export const EXIT = { done: 0, no: 1, usage: 2, journal_lost: 3, crashed: 4 } as const;
