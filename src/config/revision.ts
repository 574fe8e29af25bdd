import { constants } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** Folders above the file that are looked at. */
const FOLDERS_LIMIT = 64;
/** Refs that lead to other refs. */
const REFS_LIMIT = 5;
/** `HEAD`, a loose ref, `.git` as a file, `commondir`: a line each. */
const LINE_LIMIT_BYTES = 4096;
/** A line for each branch and tag of a repository. */
const PACKED_LIMIT_BYTES = 16 * 1024 * 1024;

/** SHA-1 or SHA-256. */
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const REF = /^refs(?:\/(?!\.)[^\s/\\:?*[^~]+)+$/;

/**
 * The commit that is checked out where a file lies, links followed; undefined where that is nothing that
 * git keeps, or cannot be told. Git itself is not run: it would obey a configuration that it finds there.
 * Whether the file was changed since, the digest of its content tells, and not the commit.
 *
 * @see https://git-scm.com/docs/gitrepository-layout
 */
export async function gitRevision(file: string): Promise<string | undefined> {
  const real = await realpath(file).catch(() => undefined);
  let folder = real === undefined ? undefined : dirname(real);
  for (let above = 0; folder !== undefined && above < FOLDERS_LIMIT; above++) {
    const found = await repositoryAt(join(folder, ".git"));
    if (found) return found === "broken" ? undefined : commitIn(found);
    folder = dirname(folder) === folder ? undefined : dirname(folder);
  }
  return undefined;
}

/** A revision that somebody who knows it wrote down: what stands in metrics and journal has one line. */
export const isRevision = (text: string) => /^[A-Za-z0-9][A-Za-z0-9._/+@:-]{0,127}$/.test(text);

/** Where git keeps things: of a worktree, its own folder and the one that it shares with others. */
interface Repository {
  readonly own: string;
  readonly common: string;
}

async function repositoryAt(path: string): Promise<Repository | "broken" | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return undefined;
  if (found.isDirectory()) return repositoryIn(path);
  // A worktree or a submodule has a file in place of the folder.
  const own = /^gitdir: (.+)$/.exec((await lineIn(path)) ?? "")?.[1];
  return own === undefined ? "broken" : repositoryIn(resolve(dirname(path), own));
}

async function repositoryIn(own: string): Promise<Repository> {
  const common = await lineIn(join(own, "commondir"));
  return { own, common: common === undefined ? own : resolve(own, common) };
}

async function commitIn({ own, common }: Repository): Promise<string | undefined> {
  let line = await lineIn(join(own, "HEAD"));
  for (let refs = 0; line !== undefined && refs <= REFS_LIMIT; refs++) {
    if (COMMIT.test(line)) return line;
    const ref = /^ref: (.+)$/.exec(line)?.[1];
    if (ref === undefined || !REF.test(ref)) return undefined;
    line =
      (await lineIn(join(own, ref))) ??
      (await lineIn(join(common, ref))) ??
      packedRef((await textIn(join(common, "packed-refs"), PACKED_LIMIT_BYTES)) ?? "", ref);
  }
  return undefined;
}

/** The commit of a ref in the text of `packed-refs`: lines of a commit, a blank and a ref. */
export function packedRef(text: string, ref: string): string | undefined {
  const end = `\n${text}\n`.indexOf(` ${ref}\n`);
  if (end < 0) return undefined;
  const before = `\n${text}`.slice(0, end);
  return before.slice(before.lastIndexOf("\n") + 1);
}

async function lineIn(file: string): Promise<string | undefined> {
  const text = await textIn(file, LINE_LIMIT_BYTES);
  return text === undefined ? undefined : /^(.*)\n?$/.exec(text.trimEnd())?.[1];
}

async function textIn(file: string, limit_bytes: number): Promise<string | undefined> {
  try {
    // Without O_NONBLOCK, opening a pipe waits until somebody writes to it.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await handle.stat();
      if (!found.isFile() || found.size > limit_bytes) return undefined;
      return await handle.readFile("utf8");
    } finally {
      await handle.close();
    }
  } catch {
    return undefined; // Not to know the revision is no reason not to serve.
  }
}
