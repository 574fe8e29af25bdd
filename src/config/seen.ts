import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { readWritten } from "./file.ts";

/** What a file was when it was read, to find out later whether it still is. */
export interface Seen {
  readonly file: string;
  /** Of a file that a person wrote: the digest of what it held. Of one with a secret: its inode and times. */
  readonly kind: "written" | "secret";
  readonly mark: string;
}

/** Takes note of what is read. */
export type See = (seen: Seen) => void;

/** Reads a file that a person wrote, and takes note of what it held. */
export async function readSeen(file: string, see: See): ReturnType<typeof readWritten> {
  const bytes = await readWritten(file);
  see({ file, kind: "written", mark: markOf(bytes) });
  return bytes;
}

/** Takes note of a file with a secret, before it is read: a later change must not go unnoticed. */
export async function seeSecret(file: string, see: See): Promise<void> {
  see({ file, kind: "secret", mark: await secretMark(file) });
}

/** Whether any of these is no longer what it was. Mounted volumes swap links: links are followed. */
export async function changedSince(seen: readonly Seen[]): Promise<boolean> {
  for (const { file, kind, mark } of seen) {
    const now = kind === "written" ? markOf(await readWritten(file)) : await secretMark(file);
    if (now !== mark) return true;
  }
  return false;
}

const markOf = (read: Awaited<ReturnType<typeof readWritten>>) =>
  "fault" in read ? read.fault : createHash("sha256").update(read).digest("hex");

/** Without its content, of which no copy should be made to look at it. */
async function secretMark(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(" ");
  } catch (error) {
    return `cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`; // stat throws no other
  }
}
