import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { IssuerConfig } from "../config/index.ts";
import { isObject } from "./claim.ts";
import { type KeyRules, usableKeys } from "./jwk.ts";
import type { KeyStore } from "./jwks.ts";

/**
 * Keeps the keys of one issuer in a file of a folder. Who can write there can sign for the issuer, so
 * a file or folder that others may write is as if it were not there.
 */
export function keyFolder(
  dir: string,
  { name, url }: Pick<IssuerConfig, "name" | "url">,
  rules: KeyRules,
): KeyStore {
  const file = join(dir, `${name}.json`);
  return {
    async load() {
      const [folder, { mode, size }] = await Promise.all([stat(dir), stat(file)]);
      if (((folder.mode | mode) & 0o022) !== 0 || size > SIZE_LIMIT_BYTES) return undefined;
      const kept: unknown = JSON.parse(await readFile(file, "utf8"));
      // The configuration may have changed since: another url, other pins.
      if (!isObject(kept) || kept["url"] !== url || !Number.isFinite(kept["at_s"]))
        return undefined;
      return { keys: { keys: await usableKeys(kept, rules) }, at_s: Number(kept["at_s"]) };
    },
    async save({ keys, at_s }) {
      await mkdir(dir, { recursive: true, mode: 0o700 });
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

/** More than a hundred of the largest keys take. */
const SIZE_LIMIT_BYTES = 1024 * 1024;
