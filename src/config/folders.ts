import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it that are missing, each for its owner alone. One by one: where a file
 * system takes no folders, as /proc, Node 20 tries for ever to make them all at once.
 *
 * @param made takes note of each that was made, from the top, also where one then cannot be
 * @returns the same
 */
export async function makeFolders(path: string, made: string[] = []): Promise<readonly string[]> {
  const above = dirname(path);
  const found = await make(path, made).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" || above === path) throw error;
    return "nothing above";
  });
  if (found === "nothing above") {
    await makeFolders(above, made);
    await make(path, made);
  }
  return made;
}

/** Another start may have made it meanwhile. */
async function make(path: string, made: string[]): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
    made.push(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // what files throw has a code
    if (code !== "EEXIST") throw error;
    if ((await stat(path)).isDirectory()) return;
    const message = `ENOTDIR: a file is in the way, mkdir '${path}'`;
    throw Object.assign(new Error(message), { code: "ENOTDIR", syscall: "mkdir", path });
  }
}
