import { GENESIS, type Head, hashLine, LINE_LIMIT_BYTES } from "./chain.ts";
import type { Checkpoint, StoredEvent } from "./event.ts";
import { type Line, readLines } from "./lines.ts";
import type { Segment } from "./segments.ts";

/** What a line of the journal turned out to be. */
export type Step =
  | { readonly kind: "event"; readonly at: Place; readonly event: StoredEvent; readonly head: Head }
  /** With the event, where the line can be read as one all the same. */
  | {
      readonly kind: "fault";
      readonly at: Place;
      readonly message: string;
      readonly event?: StoredEvent;
    }
  /** The unterminated end of the newest segment: cut short by a crash, or being written just now. */
  | { readonly kind: "torn"; readonly at: Place; readonly bytes: number };

/** Where a line stands. */
export interface Place {
  readonly segment: Segment;
  /** Counts from 1. */
  readonly line: number;
  /** Where the line begins, and where the next one does. */
  readonly offset: number;
  readonly end_offset: number;
  /** Still within the checkpoint that opens the segment. */
  readonly opening: boolean;
}

/**
 * Every line of consecutive segments, checked against the line before it. Goes on after a fault,
 * from what the faulty line says, so that one change is not reported a thousand times. What stands
 * before the first line, unless that is the first ever, is for the caller to judge.
 */
export async function* walk(segments: readonly Segment[], writer: string): AsyncGenerator<Step> {
  let head: Head | undefined;
  for (const [index, segment] of segments.entries()) {
    const newest = index === segments.length - 1;
    head ??= segment.first_seq === 1 ? GENESIS : { seq: segment.first_seq - 1, hash: "" };
    let part = 1; // The part of the checkpoint that is due; 0 after its last.
    let last: Place = { segment, line: 0, offset: 0, end_offset: 0, opening: true };
    for await (const line of readLines(segment.path)) {
      last = placeOf(segment, line, part > 0);
      if (!line.ended && newest) {
        yield { kind: "torn", at: last, bytes: line.length_bytes };
        return;
      }
      const { event, fault } = readLine(line, { writer, head, part, segment });
      if (event && !fault) {
        head = { seq: event.seq, hash: hashLine(line.bytes) };
        yield { kind: "event", at: last, event, head };
      } else {
        head = { seq: event ? event.seq : head.seq + 1, hash: hashLine(line.bytes) };
        const message = fault ?? "is not an event";
        yield { kind: "fault", at: last, message, ...(event && { event }) };
      }
      part = event?.type === "journal.checkpoint" && !event.last ? part + 1 : 0;
    }
    if (part === 0) continue;
    if (newest && last.line === 0) yield { kind: "torn", at: last, bytes: 0 };
    else yield { kind: "fault", at: last, message: "ends before its checkpoint is complete" };
  }
}

interface Due {
  readonly writer: string;
  readonly head: Head;
  readonly part: number;
  readonly segment: Segment;
}

/** The event of a line, as far as it can be read, and why it does not belong here. */
function readLine(line: Line, due: Due): { event?: StoredEvent; fault?: string } {
  if (!line.ended) return { fault: "has no newline at its end, though a later segment follows" };
  if (line.length_bytes >= LINE_LIMIT_BYTES) return { fault: `is over ${LINE_LIMIT_BYTES} bytes` };
  let event: StoredEvent;
  try {
    event = JSON.parse(line.bytes.toString()) as StoredEvent; // Checked below, as far as it is used.
  } catch {
    return { fault: "is not JSON: the line was changed" };
  }
  if (typeof event !== "object" || event === null || !Number.isSafeInteger(event.seq)) {
    return { fault: "is not an event: it has no seq" };
  }
  const fault = misplaced(event, line, due) ?? misshapen(event, due);
  return fault === undefined ? { event } : { event, fault };
}

function misplaced(event: StoredEvent, line: Line, due: Due): string | undefined {
  const seq = due.head.seq + 1;
  if (line.number === 1 && due.segment.first_seq !== event.seq) {
    return `has seq ${event.seq}, but the segment is named after ${due.segment.first_seq}: it was renamed or changed`;
  }
  if (event.seq !== seq) {
    return `has seq ${event.seq} where ${seq} is due: a line was removed, inserted or moved`;
  }
  if (due.head.hash !== "" && event.prev !== due.head.hash) {
    return "does not continue the line before it (prev): that line or this one was changed, or one between them removed";
  }
  return undefined;
}

function misshapen(event: StoredEvent, due: Due): string | undefined {
  if (event.writer !== due.writer) {
    return `has writer ${JSON.stringify(event.writer)} in the folder of ${JSON.stringify(due.writer)}`;
  }
  if (typeof event.type !== "string" || Number.isNaN(Date.parse(event.at))) {
    return "has no type, or no time";
  }
  if (event.type !== "journal.checkpoint") {
    return due.part > 0 ? "is not the checkpoint that must open a segment" : undefined;
  }
  if (due.part === 0) return "is a checkpoint, which belongs at the beginning of a segment";
  if (event.part !== due.part) return `is not part ${due.part} of the checkpoint of its segment`;
  return isCheckpoint(event) ? undefined : "is a checkpoint that cannot be read";
}

function isCheckpoint({ last, state }: Checkpoint): boolean {
  if (typeof last !== "boolean" || typeof state !== "object" || state === null) return false;
  return Object.values(state).every((entries) => Array.isArray(entries));
}

function placeOf(segment: Segment, line: Line, opening: boolean): Place {
  const end_offset = line.offset + line.length_bytes + 1;
  return { segment, line: line.number, offset: line.offset, end_offset, opening };
}
