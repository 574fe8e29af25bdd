import { access, constants, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { IssuerConfig } from "../config/index.ts";
import type { Owner } from "../keys/index.ts";
import { isObject } from "./claim.ts";
import { type KeyRules, usableKeys } from "./jwk.ts";
import type { KeyStore } from "./jwks.ts";
import { changeableBy, readTrusted } from "./trusted-file.ts";

/** More than a hundred of the largest keys take. */
const SIZE_LIMIT_BYTES = 1024 * 1024;

/**
 * Keeps the keys of one issuer in a file of a folder. Who can write there can sign for the issuer, so
 * a file or folder that others may write is refused.
 */
export function keyFolder(
  dir: string,
  { name, url }: Pick<IssuerConfig, "name" | "url">,
  rules: KeyRules,
  owner: Owner,
): KeyStore {
  const file = join(dir, `${name}.json`);
  return {
    async load() {
      await checkFolder(dir, owner);
      const kept: unknown = JSON.parse(await readTrusted(file, SIZE_LIMIT_BYTES, owner));
      // The configuration may have changed since: another url, other pins.
      if (!isObject(kept) || kept["url"] !== url || !Number.isFinite(kept["at_s"]))
        return undefined;
      return { keys: { keys: await usableKeys(kept, rules) }, at_s: Number(kept["at_s"]) };
    },
    async save({ keys, at_s }) {
      // Not its parents: Node 20 never ends making those below some folders, such as /proc.
      await mkdir(dir, { mode: 0o700 }).catch(unlessThere);
      await checkFolder(dir, owner);
      const fresh = `${file}.new`;
      // Written beside and renamed: a crash leaves the old keys or the new ones.
      const handle = await open(fresh, "w", 0o600);
      try {
        await handle.writeFile(JSON.stringify({ url, at_s, ...keys }));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(fresh, file);
    },
    drop: () => rm(file, { force: true }),
  };
}

/** Why keys cannot be kept in a folder, for the operator; undefined where they can. Changes nothing. */
export async function folderFault(dir: string, owner: Owner): Promise<string | undefined> {
  try {
    const there = await checkFolder(dir, owner).catch((error) => {
      if (error.code !== "ENOENT") throw error;
      return false; // It will be made.
    });
    await access(there ? dir : dirname(dir), constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException; // has a code, or is ours
    return code === undefined ? message : `${dir} cannot be written (${code})`;
  }
}

async function checkFolder(dir: string, owner: Owner): Promise<true> {
  const folder = await stat(dir);
  if (!folder.isDirectory()) throw new Error(`${dir} is not a folder`);
  const fault = changeableBy(folder, owner);
  if (fault !== undefined) throw new Error(`${dir} ${fault}`);
  return true;
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
