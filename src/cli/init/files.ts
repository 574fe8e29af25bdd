import { rm, rmdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolders } from "../../config/index.ts";

/** A file to be made. Secret ones are for their owner alone, and so is the folder that holds them. */
export interface NewFile {
  /** Relative to the folder that is being made. */
  readonly path: string;
  readonly text: string;
  readonly secret: boolean;
}

/** Those of the files that exist already. */
export async function existing(dir: string, files: readonly NewFile[]): Promise<string[]> {
  const found = await Promise.all(
    files.map(({ path }) =>
      stat(join(dir, path)).then(
        () => path,
        () => undefined,
      ),
    ),
  );
  return found.filter((path) => path !== undefined);
}

/**
 * Writes new files and their folders, all of them or none: where one cannot be made, or has come to exist
 * meanwhile, those before it are taken away again.
 *
 * @returns undefined, or a sentence on what could not be made and why
 */
export async function writeNew(
  dir: string,
  files: readonly NewFile[],
): Promise<string | undefined> {
  const folders: string[] = [];
  const written: string[] = [];
  let at = dir;
  try {
    await makeFolders(dir, folders);
    for (const { path, text, secret } of files) {
      at = join(dir, path);
      await makeFolders(dirname(at), folders);
      await writeFile(at, text, { flag: "wx", mode: secret ? 0o600 : 0o644 });
      written.push(at);
    }
    return undefined;
  } catch (error) {
    const { code, path = at } = error as NodeJS.ErrnoException; // what files throw has a code
    if (code === undefined) throw error;
    for (const file of written) await rm(file, { force: true });
    for (const folder of folders.reverse()) await rmdir(folder).catch(() => {}); // others may use it
    return `${path} cannot be made: ${WHY[code] ?? code}`;
  }
}

const WHY: Readonly<Record<string, string>> = {
  EACCES: "this user may not write there (EACCES)",
  EPERM: "this user may not write there (EPERM)",
  EROFS: "that file system is read-only (EROFS)",
  ENOTDIR: "it is no folder, or what should hold it is none (ENOTDIR)",
  ENOENT: "no folder can be made there (ENOENT)",
  ENOSPC: "no space is left (ENOSPC)",
  EEXIST: "something is there already (EEXIST)",
};
