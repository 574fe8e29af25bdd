import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { FaultError } from "../config/index.ts";
import { writerFolders } from "../journal/index.ts";
import type { Args, Io } from "./command.ts";
import { readConfigFile } from "./load.ts";

/** The folders of the writers in the journal that somebody named, or what is wrong with it. */
export async function journalFolders(
  dir: string,
  cwd: string,
): Promise<readonly string[] | string> {
  const folder = resolve(cwd, dir);
  const folders = await unlessUnreadable(dir, writerFolders(folder));
  if (typeof folders === "string") return folders;
  const below = await journalBelow(folder);
  if (below !== undefined) return `${dir} holds no journal: did you mean ${join(dir, below)}?`;
  return folders.length > 0 ? folders : `${dir} holds no journal`;
}

/** The folder in this one that holds a journal with its writers: somebody named the one above it. */
async function journalBelow(folder: string): Promise<string | undefined> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    const below = join(folder, entry.name);
    const writers = await writerFolders(below).catch(() => []); // not everything may be looked into
    if (writers.some((writer) => writer !== below)) return entry.name;
  }
  return undefined;
}

/** The folder of the journal that a configuration names, or what is wrong with that. */
async function journalOfConfig(args: Args, io: Io): Promise<{ dir: string } | string> {
  try {
    const { faults, loaded } = await readConfigFile(args, io);
    if (!loaded) return new FaultError(faults).message;
    const { journal, file } = loaded.config;
    return journal === "stdout"
      ? `${file} has journal: stdout, which keeps nothing to look into: look where standard output is collected`
      : { dir: journal.dir };
  } catch (error) {
    if (error instanceof FaultError) return error.message;
    throw error;
  }
}

/** The folders of the journal that --journal or --config names, or what is wrong with that. */
export async function foldersNamed(args: Args, io: Io): Promise<readonly string[] | string> {
  const { journal, config } = args.values;
  if (journal !== undefined && config !== undefined) return "--journal or --config, not both";
  if (typeof journal === "string") return journalFolders(journal, io.cwd);
  const named = await journalOfConfig(args, io);
  return typeof named === "string" ? named : journalFolders(named.dir, io.cwd);
}

/** What was read, or a sentence about the file or folder that could not be. */
export async function unlessUnreadable<T>(name: string, reading: Promise<T>): Promise<T | string> {
  return reading.catch((error: unknown) => {
    const { code, syscall } = error as NodeJS.ErrnoException; // if it is one, it has a syscall
    if (syscall === undefined) throw error;
    return `${name} cannot be read (${code})`;
  });
}
