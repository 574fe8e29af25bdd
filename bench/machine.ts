import { readFile, statfs } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { PROJECT } from "../test/support/project.ts";

/** What numbers mean nothing without. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_gb: number;
  readonly system: string;
  readonly file_system: string;
  /** Whether server and load had a core each. */
  readonly pinned: boolean;
  readonly versions: Readonly<Record<string, string>>;
}

const PACKAGES = ["fastify", "jose", "nats-jwt", "nkeys.js", "autocannon"];

/** statfs(2); any other stands as its number. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  61267: "ext4",
  16914836: "tmpfs (in memory: nothing is flushed)",
  1481003842: "xfs",
  2435016766: "btrfs",
  2035054128: "overlay",
};

/** Describes this machine, the file system of a folder, and what is compared. */
export async function machine(folder: string, pinned: boolean): Promise<Machine> {
  const { type } = await statfs(folder);
  const own = await versionIn(PROJECT);
  const others = await Promise.all(
    PACKAGES.map(async (name) => [name, await versionIn(join(PROJECT, "node_modules", name))]),
  );
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length, // of the machine: this process may have been given fewer
    memory_gb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${process.arch}`,
    file_system: FILE_SYSTEMS[type] ?? `0x${type.toString(16)}`,
    pinned,
    versions: {
      "nats-sts": own,
      node: process.versions.node,
      openssl: process.versions.openssl,
      ...Object.fromEntries(others),
    },
  };
}

async function versionIn(folder: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  return String(version);
}
