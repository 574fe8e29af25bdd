import type { BigIntStats } from "node:fs";
import { type FileHandle, open, rename, stat } from "node:fs/promises";

/** The file operations of the writing path: few, so that tests can make each of them fail. */
export interface Disk {
  /** `w` makes an empty file that only we may read (0600); `r+` needs one that exists. */
  open(path: string, flags: "r+" | "w"): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  /** Makes the names in a folder durable. */
  syncFolder(path: string): Promise<void>;
  /** Which file has this name. Fails with ENOENT when none has. */
  identify(path: string): Promise<FileId>;
}

/** A file itself, whatever its name: no other file on this machine has the same now. */
export type FileId = string;

/** An open file. */
export interface DiskFile {
  /** How many bytes were written: perhaps fewer than were given. */
  write(bytes: Buffer, position: number): Promise<number>;
  /** fdatasync: the data and the size are durable. */
  sync(): Promise<void>;
  truncate(length_bytes: number): Promise<void>;
  size(): Promise<number>;
  identify(): Promise<FileId>;
  close(): Promise<void>;
}

/** The disk of the machine. */
export const realDisk: Disk = {
  open: async (path, flags) => diskFile(await open(path, flags, 0o600)),
  rename,
  syncFolder: async (path) => {
    const folder = await open(path, "r");
    await folder.sync().finally(() => folder.close());
  },
  identify: async (path) => idOf(await stat(path, { bigint: true })),
};

const idOf = ({ dev, ino }: BigIntStats): FileId => `${dev}:${ino}`;

function diskFile(handle: FileHandle): DiskFile {
  return {
    write: async (bytes, position) =>
      (await handle.write(bytes, 0, bytes.length, position)).bytesWritten,
    sync: () => handle.datasync(),
    truncate: (length_bytes) => handle.truncate(length_bytes),
    size: async () => (await handle.stat()).size,
    identify: async () => idOf(await handle.stat({ bigint: true })),
    close: () => handle.close(),
  };
}
