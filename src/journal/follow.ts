import { stat } from "node:fs/promises";
import { hashLine } from "./chain.ts";
import type { StoredEvent } from "./event.ts";
import { type Line, readLines } from "./lines.ts";
import { isGone } from "./read-events.ts";
import { listSegments, type Segment } from "./segments.ts";

/** What a follower comes across: an event, or a word on why some are missing or stand there again. */
export type Followed =
  | { readonly kind: "event"; readonly event: StoredEvent }
  | { readonly kind: "notice"; readonly sentence: string };

/**
 * How many lines back it is known what they said. A write that fails takes back what it wrote, which
 * is a mebibyte at most, and its lines have 320 bytes at least.
 */
const REMEMBERED = 4096;

/**
 * The events of one writer from a sequence on, and then those that come, for ever: across segments,
 * and without the lock. A line counts once it has its end.
 *
 * @param changed resolves when the folder may have changed; false ends it
 */
export async function* followJournal(
  folder: string,
  from_seq: number,
  changed: () => Promise<boolean>,
): AsyncGenerator<Followed> {
  const memory = lineMemory(from_seq);
  let at: { readonly first_seq: number; offset: number } | undefined;
  do {
    const segments = await segmentsNow(folder);
    at ??= { first_seq: startOf(segments, from_seq), offset: 0 };
    for (const segment of segments) {
      if (segment.first_seq < at.first_seq) continue;
      if (segment.first_seq > at.first_seq) at = { first_seq: segment.first_seq, offset: 0 };
      // A segment that is listed before its successor may grow until that appears; never after.
      yield* readOn(segment, at, memory);
    }
  } while (await changed());
}

/** Reads what a segment has got since, and moves the offset on. */
async function* readOn(
  segment: Segment,
  at: { offset: number },
  memory: LineMemory,
): AsyncGenerator<Followed> {
  while (true) {
    const resumed_at = at.offset;
    let taken_back = (await sizeOf(segment)) < resumed_at;
    for await (const line of linesFrom(segment, resumed_at)) {
      if (!line.ended || taken_back) break;
      const event = eventIn(line);
      taken_back = resumed_at > 0 && line.number === 1 && !memory.continues(event);
      if (taken_back) break;
      at.offset = line.offset + line.length_bytes + 1;
      if (event) yield* memory.take(event, line);
      else yield notice(`${segment.path}: a line is not an event: run journal verify`);
    }
    if (!taken_back) return;
    at.offset = 0;
    memory.rewind();
    yield notice(
      "a write had failed and was taken back: the last events above may not have happened",
    );
  }
}

type LineMemory = ReturnType<typeof lineMemory>;

/** What the last lines were, by sequence, to tell new lines from those that are read again. */
function lineMemory(from_seq: number) {
  const hashes = new Map<number, string>();
  let last: { readonly seq: number; readonly hash: string } | undefined;
  let highest = 0;
  let rewound = false;
  return {
    /** Whether this event follows the line that was read last. */
    continues: (event: StoredEvent | undefined) => event !== undefined && event.prev === last?.hash,

    /** From here on a line that was read before may be another one now. */
    rewind() {
      rewound = true;
    },

    *take(event: StoredEvent, { bytes }: Line): Generator<Followed> {
      const { seq } = event;
      const hash = hashLine(bytes);
      const known = hashes.get(seq) === hash || seq <= highest - REMEMBERED;
      const due = (last?.seq ?? from_seq - 1) + 1;
      last = { seq, hash };
      highest = Math.max(highest, seq);
      hashes.set(seq, hash);
      hashes.delete(seq - REMEMBERED);
      if (known || (seq < from_seq && !rewound)) return;
      if (seq > due) yield notice(`events ${due} to ${seq - 1} were removed before they were read`);
      yield { kind: "event", event };
    },
  };
}

function startOf(segments: readonly Segment[], seq: number): number {
  const start = segments.findLast(({ first_seq }) => first_seq <= seq) ?? segments[0];
  return start?.first_seq ?? 0;
}

/** None while the folder is not there. */
async function segmentsNow(folder: string): Promise<readonly Segment[]> {
  return listSegments(folder).then(({ segments }) => segments, orGone([]));
}

/** A segment that was removed has no lines, and nothing of it was taken back. */
async function* linesFrom(segment: Segment, offset: number): AsyncGenerator<Line> {
  try {
    yield* readLines(segment.path, offset);
  } catch (error) {
    orGone(undefined)(error);
  }
}

async function sizeOf({ path }: Segment): Promise<number> {
  return stat(path).then(({ size }) => size, orGone(Number.POSITIVE_INFINITY));
}

function orGone<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (isGone(error)) return value;
    throw error;
  };
}

/** As far as it is one: whoever needs certainty verifies the journal. */
function eventIn(line: Line): StoredEvent | undefined {
  try {
    const event = JSON.parse(line.bytes.toString()) as StoredEvent | null; // checked as far as it is used
    return Number.isSafeInteger(event?.seq) && typeof event?.type === "string" ? event : undefined;
  } catch {
    return undefined;
  }
}

const notice = (sentence: string): Followed => ({ kind: "notice", sentence });
