import { basename } from "node:path";
import type { StoredEvent } from "./event.ts";
import { listSegments, openingOf, type Segment } from "./segments.ts";
import { walk } from "./walk.ts";

/** Which events are wanted. */
export interface EventQuery {
  /** At most the last so many that fit; all of them where absent. */
  readonly last?: number;
  /** Segments that were closed before this time (Unix milliseconds) are not even read. */
  readonly since_ms?: number;
  fits(event: StoredEvent): boolean;
}

/** What a reader of events hears besides them. */
export interface Heard {
  /** `file:line: what is wrong`. Reading goes on behind it. */
  fault(sentence: string): void;
  /** The newest event that was read, whether it fits or not. */
  reached(seq: number): void;
}

/**
 * The events of one writer that fit, in order. Takes no lock, so it may run while the service does;
 * what is being written just now is left for the next time, and what was removed meanwhile is gone.
 */
export async function* readEvents(
  folder: string,
  query: EventQuery,
  heard: Heard,
): AsyncGenerator<StoredEvent> {
  const { segments } = await listSegments(folder);
  const { last } = query;
  if (last === undefined) {
    const first = await firstSince(segments, query.since_ms);
    for (const segment of segments.slice(first))
      yield* segmentEvents(segment, folder, query, heard);
    return;
  }
  // From the newest segment back, until there are enough: most questions are about what was just now.
  let found: StoredEvent[] = [];
  const oldest = await firstSince(segments, query.since_ms);
  for (const segment of segments.slice(oldest).reverse()) {
    const newest: StoredEvent[] = [];
    for await (const event of segmentEvents(segment, folder, query, heard)) {
      newest.push(event);
      if (newest.length > 2 * last) newest.splice(0, newest.length - last);
    }
    found = [...newest, ...found].slice(-last);
    if (found.length >= last) break;
  }
  yield* found;
}

async function* segmentEvents(
  segment: Segment,
  folder: string,
  { fits }: EventQuery,
  heard: Heard,
): AsyncGenerator<StoredEvent> {
  try {
    for await (const step of walk([segment], basename(folder))) {
      if (step.kind === "fault") {
        heard.fault(`${segment.path}:${Math.max(1, step.at.line)}: ${step.message}`);
      }
      if (step.kind === "torn") return;
      if (step.kind === "event") heard.reached(step.event.seq);
      // An event at which a fault shows is shown as well: often the fault is in the line before it.
      if (step.event && fits(step.event)) yield step.event;
    }
  } catch (error) {
    if (!isGone(error)) throw error; // Old segments may be removed while we read.
  }
}

/** The first segment that may hold events of this time or later. */
async function firstSince(segments: readonly Segment[], since_ms = 0): Promise<number> {
  if (since_ms <= 0) return 0;
  for (let index = segments.length - 1; index > 0; index--) {
    const segment = segments[index];
    const opening = segment && (await openingOf(segment).catch(() => undefined));
    if (opening && Date.parse(opening.at) < since_ms) return index;
  }
  return 0;
}

/** Whether this says that a file is not there any more. */
export function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
