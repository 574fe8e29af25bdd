import { join } from "node:path";
import { type Head, seal } from "./chain.ts";
import { checkpointParts } from "./checkpoint.ts";
import type { Disk, DiskFile, FileId } from "./disk.ts";
import type { Fold } from "./fold.ts";
import type { Sink } from "./recorder.ts";
import { segmentName, UNFINISHED } from "./segments.ts";

/** A segment is closed before it would grow over this. */
export const SEGMENT_LIMIT_BYTES = 64 * 1024 * 1024;

/** Where the journal goes on. */
export interface OpenSegment {
  readonly path: string;
  /** Up to the end of the last line that counts. */
  readonly length_bytes: number;
  /** How much of that is the checkpoint that opens it. */
  readonly checkpoint_bytes: number;
}

export interface SegmentWriterOptions {
  readonly folder: string;
  readonly writer: string;
  readonly disk: Disk;
  readonly folds: readonly Fold[];
  readonly segment_bytes: number;
  /** Undefined where there is no segment yet. */
  readonly segment: OpenSegment | undefined;
  now(): number;
  /** Another segment was begun; the one before is closed. */
  on_rotate(): void;
}

/** Writes groups of lines to the newest segment, and begins the next one when that is full. */
export function segmentWriter(options: SegmentWriterOptions): Sink {
  const { folder, writer, disk, folds, segment_bytes } = options;
  let segment = options.segment;
  let file: DiskFile | undefined;
  /** Which file is ours, once it was open. A copy under its name is another. */
  let own_id: FileId | undefined;
  /** Set while the next segment is due: once it may exist, nothing more belongs into this one. */
  let full = segment === undefined;

  async function append(bytes: Buffer, open: OpenSegment): Promise<void> {
    const { path, length_bytes } = open;
    file ??= await reopen(disk, path, length_bytes, own_id);
    try {
      own_id ??= await file.identify();
      await writeAll(file, bytes, length_bytes);
      // A file that lost its name still takes writes, but nobody would ever read them.
      const [, named_id] = await Promise.all([file.sync(), disk.identify(path)]);
      if (named_id !== own_id) throw replaced(path);
    } catch (error) {
      await cutBack(file, length_bytes, error);
      if (isGone(error)) {
        await file.close();
        file = undefined;
      }
      throw error;
    }
    segment = { ...open, length_bytes: length_bytes + bytes.length };
  }

  async function rotate(head: Head): Promise<Head> {
    full = true;
    const closed = segment;
    // Where another folder has taken the place of ours, a new segment would stand alone in it.
    if (closed && own_id !== undefined && (await disk.identify(closed.path)) !== own_id)
      throw replaced(closed.path);
    const path = join(folder, segmentName(head.seq + 1));
    const next = await beginSegment(head, path);
    await file?.close();
    file = next.file;
    own_id = undefined;
    const { length_bytes } = next;
    segment = { path, length_bytes, checkpoint_bytes: length_bytes };
    full = false;
    if (closed) options.on_rotate();
    return next.head;
  }

  /** Under its real name a segment always has its whole checkpoint: it gets that name last. */
  async function beginSegment(start: Head, path: string) {
    const unfinished = join(folder, UNFINISHED);
    const file = await disk.open(unfinished, "w");
    let head = start;
    let length_bytes = 0;
    try {
      const at = new Date(options.now()).toISOString();
      for (const body of checkpointParts(folds, options.now() / 1000)) {
        const sealed = seal({ at, type: "journal.checkpoint", body }, writer, head);
        const bytes = Buffer.from(`${sealed.line}\n`);
        await writeAll(file, bytes, length_bytes);
        length_bytes += bytes.length;
        head = sealed.head;
      }
      await file.sync();
      await disk.rename(unfinished, path);
      await disk.syncFolder(folder);
      return { file, head, length_bytes };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  return {
    async room(head, bytes) {
      return full || isFull(segment, bytes, segment_bytes) ? rotate(head) : head;
    },
    async append(bytes) {
      if (!segment) throw new Error("there is no segment: room comes before append");
      await append(bytes, segment);
    },
    async close() {
      await file?.close();
      file = undefined;
    },
  };
}

/**
 * Whether so many bytes more belong into the next segment. A checkpoint over half the limit makes
 * its segment larger: otherwise the journal would write checkpoints and little else.
 */
function isFull(segment: OpenSegment | undefined, bytes: number, segment_bytes: number): boolean {
  if (!segment) return true;
  const { length_bytes, checkpoint_bytes } = segment;
  const limit_bytes = Math.max(segment_bytes, 2 * checkpoint_bytes);
  return length_bytes > checkpoint_bytes && length_bytes + bytes > limit_bytes;
}

/** Opens what was written before, and nothing else: somebody else may be writing to a copy of it. */
async function reopen(
  disk: Disk,
  path: string,
  length_bytes: number,
  own_id: FileId | undefined,
): Promise<DiskFile> {
  const file = await disk.open(path, "r+");
  try {
    const same = own_id === undefined || (await file.identify()) === own_id;
    if (same && (await file.size()) === length_bytes) return file;
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  throw replaced(path);
}

function replaced(path: string): Error {
  const message = `${path} is not the file that was written before: it was replaced`;
  return Object.assign(new Error(message), { code: "ENOENT" });
}

/** A write may take less than it was given; the next one then says why, or takes the rest. */
async function writeAll(file: DiskFile, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const written = await file.write(bytes.subarray(done), position + done);
    if (written === 0) throw Object.assign(new Error("nothing was written"), { code: "ENOSPC" });
    done += written;
  }
}

/** Without it, what was refused would stand in the journal, or garble what is written next. */
async function cutBack(file: DiskFile, length_bytes: number, cause: unknown): Promise<void> {
  try {
    if ((await file.size()) !== length_bytes) await file.truncate(length_bytes);
  } catch (error) {
    const both = new AggregateError([cause, error], "a failed write could not be cut back");
    throw both; // Has no code, so it is not taken for something that passes.
  }
}

function isGone(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "ENOENT"; // Any value can be thrown.
}
