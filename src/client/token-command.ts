import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type { Environment } from "../config/index.ts";
import { ClientError, wordsOf } from "./client-error.ts";
import { type TokenSource, textOf, usable } from "./token-source.ts";

/** A command that asks somebody for a password would wait for ever otherwise. */
const COMMAND_TIMEOUT_MS = 30_000;

/**
 * A command whose standard output is the token, run anew each time. No shell is between: nothing in
 * the line is expanded, so nothing can be injected into it. Whoever needs a pipe names `sh -c`.
 *
 * @throws ClientError where the line holds no command
 */
export function tokenFromCommand(
  line: string,
  env: Environment,
  limit_ms = COMMAND_TIMEOUT_MS,
): TokenSource {
  const [file, ...args] = wordsIn(line);
  if (file === undefined) throw new ClientError("the token command is empty");
  const what = `the token command ${file}`;
  return async (stop) => {
    if (stop.aborted) throw new ClientError(`${what} was not run: it was stopped`);
    // Standard error stays connected: what the command has to say is for the person at the terminal.
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"], env });
    const kill = () => {
      child.kill("SIGKILL");
      child.stdout.destroy(); // A grandchild may hold it open.
    };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, limit_ms);
    stop.addEventListener("abort", kill);
    try {
      const [text] = await Promise.all([textOf(child.stdout, `what ${file} said`), ended(child)]);
      return usable(text, `what ${file} said`);
    } catch (error) {
      kill();
      if (late) throw new ClientError(`${what} took more than ${limit_ms / 1000} seconds`);
      if (stop.aborted) throw new ClientError(`${what} was stopped`);
      if (error instanceof ClientError) throw error;
      const missing = (error as NodeJS.ErrnoException).code === "ENOENT"; // it may be one of spawn
      throw new ClientError(
        missing
          ? `${what} cannot be run: there is no such program`
          : `${what} failed (${wordsOf(error)})`,
      );
    } finally {
      clearTimeout(timer);
      stop.removeEventListener("abort", kill);
    }
  };
}

/** Resolves when the command says that it succeeded. */
function ended(child: ChildProcessByStdio<null, Readable, null>): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(signal ? `ended by ${signal}` : `exit code ${code}`));
    });
  });
}

/**
 * Words between blanks; '…' and "…" keep blanks together, and nothing else has a meaning.
 *
 * @throws ClientError for a quote without its partner
 */
function wordsIn(line: string): readonly string[] {
  const words = line.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  if (/["']/.test(line.replace(/"[^"]*"|'[^']*'/g, "")))
    throw new ClientError("the token command has a quote without its partner");
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}
