import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { Owner } from "../keys/index.ts";

/**
 * Reads a file that says whom we trust: who can write it can sign for the issuer.
 *
 * @param owner where the file is to be ours, or root's
 * @throws Error that names the file and what is wrong with it, and nothing that it holds
 */
export async function readTrusted(
  file: string,
  limit_bytes: number,
  owner?: Owner,
): Promise<string> {
  // Without O_NONBLOCK, opening a pipe waits until somebody writes to it.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const unreadable = (error: NodeJS.ErrnoException) => {
    throw new Error(`${file} cannot be read (${error.code})`);
  };
  const handle = await open(file, flags).catch(unreadable);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new Error(`${file} is not a file`);
    const fault = changeableBy(stat, owner);
    if (fault !== undefined) throw new Error(`${file} ${fault}`);
    if (stat.size > limit_bytes) throw new Error(`${file} is too large`);
    return await handle.readFile("utf8").catch(unreadable);
  } finally {
    await handle.close();
  }
}

/** Why others could change a file or a folder; undefined where they cannot. */
export function changeableBy(
  { mode, uid }: { readonly mode: number; readonly uid: number },
  owner?: Owner,
): string | undefined {
  if ((mode & 0o022) !== 0) return "can be changed by others than its owner: chmod go-w";
  if (owner && uid !== owner.uid && uid !== 0)
    return "belongs to another user, who could change it: chown it to the user of this service";
  return undefined;
}
