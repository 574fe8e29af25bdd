import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { mkdtemp, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Scope } from "../support/project.ts";

/** A folder whose `journal` is a file system of its own: it can be full, or read-only. */
export interface SmallDisk {
  /** For the configuration, the policy and the keys: these are on the disk of the machine. */
  readonly dir: string;
  /** Takes all the space but for so many bytes. */
  fill(spare_bytes?: number): Promise<void>;
  /** Gives the space back. */
  free(): Promise<void>;
  /** Makes it read-only, or writable again. */
  remount(mode: "ro" | "rw"): void;
}

/** Those that are mounted. A test process that dies must not leave them behind. */
const mounted = new Set<string>();
process.once("exit", () => {
  for (const folder of mounted) remove(folder);
});

/**
 * Mounts a small file system in memory, until its scope ends.
 *
 * @throws Error that says so where this user may not mount: it is never left out in silence
 */
export async function smallDisk(scope: Scope, size_bytes = 2 * 1024 * 1024): Promise<SmallDisk> {
  const dir = await mkdtemp(join(tmpdir(), "nats-sts-"));
  const journal = join(dir, "journal");
  mkdirSync(journal, { mode: 0o700 });
  try {
    mount("-t", "tmpfs", "-o", `size=${size_bytes},mode=0700`, "tmpfs", journal);
  } catch (error) {
    await rm(dir, { recursive: true });
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `These tests need a real file system that can be full: run them as root, or as a user who may mount (${why})`,
    );
  }
  mounted.add(dir);
  scope.after(() => remove(dir));
  const ballast = join(journal, "ballast");
  return {
    dir,
    async fill(spare_bytes = 0) {
      await writeFile(ballast, Buffer.alloc(size_bytes)).catch(orFull);
      const { size } = await stat(ballast);
      await truncate(ballast, size - Math.min(size, spare_bytes));
    },
    free: () => rm(ballast),
    remount: (mode) => mount("-o", `remount,${mode}`, journal),
  };
}

function mount(...args: readonly string[]): void {
  execFileSync("mount", args, { stdio: ["ignore", "ignore", "pipe"] });
}

/** Lazily: a service that is about to end may still have files open. */
function remove(dir: string): void {
  if (!mounted.delete(dir)) return;
  execFileSync("umount", ["-l", join(dir, "journal")]);
  rmSync(dir, { recursive: true, force: true });
}

function orFull(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOSPC") throw error;
}
