import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { StoredEvent } from "./event.ts";
import { readLines } from "./lines.ts";

/** One file of the chain. */
export interface Segment {
  readonly path: string;
  readonly name: string;
  /** As its name says. */
  readonly first_seq: number;
}

/** A new segment has this name until its checkpoint is complete. */
export const UNFINISHED = "next.tmp";

/** What a writer may be called: it names a folder. */
export const WRITER = /^[a-z0-9-]{1,32}$/;

/** Signed heads stand beside the segments under this name, unless they are sent elsewhere. */
export const HEADS_FILE = "heads.jsonl";

const NAME = /^[0-9]{16}\.jsonl$/;

/** Whether a file is named like a segment. */
export const isSegmentName = (name: string) => NAME.test(name);

/** A segment is named after the sequence of its first line. */
export function segmentName(first_seq: number): string {
  return `${String(first_seq).padStart(16, "0")}.jsonl`;
}

/** What a crash had cut short is kept under this name, beside the segment. */
export function tornName(seq: number): string {
  return `torn-${seq}.bin`;
}

/** The segments of a folder in order, and files that only look like segments. */
export async function listSegments(
  folder: string,
): Promise<{ segments: Segment[]; strangers: string[] }> {
  const names = (await readdir(folder))
    .filter((name) => name.endsWith(".jsonl") && name !== HEADS_FILE)
    .sort();
  const segments = names
    .filter((name) => NAME.test(name))
    .map((name) => ({ name, path: join(folder, name), first_seq: Number.parseInt(name, 10) }));
  return { segments, strangers: names.filter((name) => !NAME.test(name)) };
}

/**
 * The event that opens a segment, unchecked: when the segment was begun, and how the one before it
 * ended. Undefined where there is no such line.
 */
export async function openingOf(segment: Segment): Promise<StoredEvent | undefined> {
  for await (const line of readLines(segment.path)) {
    try {
      return JSON.parse(line.bytes.toString()) as StoredEvent; // Whoever needs certainty walks it.
    } catch {
      return undefined;
    }
  }
  return undefined;
}
