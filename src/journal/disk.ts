import { access, constants, type FileHandle, open, rename } from "node:fs/promises";

/** The file operations of the writing path: few, so that tests can make each of them fail. */
export interface Disk {
  /** `w` makes an empty file that only we may read (0600); `r+` needs one that exists. */
  open(path: string, flags: "r+" | "w"): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  /** Makes the names in a folder durable. */
  syncFolder(path: string): Promise<void>;
  /** Fails with ENOENT when nothing has this name. */
  access(path: string): Promise<void>;
}

/** An open file. */
export interface DiskFile {
  /** How many bytes were written: perhaps fewer than were given. */
  write(bytes: Buffer, position: number): Promise<number>;
  /** fdatasync: the data and the size are durable. */
  sync(): Promise<void>;
  truncate(length_bytes: number): Promise<void>;
  size(): Promise<number>;
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
  access: (path) => access(path, constants.F_OK),
};

function diskFile(handle: FileHandle): DiskFile {
  return {
    write: async (bytes, position) =>
      (await handle.write(bytes, 0, bytes.length, position)).bytesWritten,
    sync: () => handle.datasync(),
    truncate: (length_bytes) => handle.truncate(length_bytes),
    size: async () => (await handle.stat()).size,
    close: () => handle.close(),
  };
}
