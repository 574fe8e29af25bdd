import { createReadStream, createWriteStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { FaultError } from "../config/index.ts";
import { GENESIS, type Head } from "./chain.ts";
import { realDisk } from "./disk.ts";
import type { StoredEvent } from "./event.ts";
import type { Fold } from "./fold.ts";
import type { OpenSegment } from "./segment-writer.ts";
import { listSegments, openingOf, type Segment, tornName, UNFINISHED } from "./segments.ts";
import { type Place, walk } from "./walk.ts";
import { contradiction, cutShort, type Witness } from "./witness.ts";

/** What a start found. */
export interface Recovered {
  readonly head: Head;
  /** The latest time of the events that were read, in Unix milliseconds. */
  readonly last_at_ms: number | undefined;
  /** The segment to go on with; undefined in a new journal. */
  readonly segment: OpenSegment | undefined;
  /** A torn tail that was moved aside, and is not journaled yet. */
  readonly torn: { readonly file: string; readonly bytes: number } | undefined;
}

export interface RecoverOptions {
  readonly folder: string;
  readonly writer: string;
  readonly folds: readonly Fold[];
  /** Events younger than this are read whatever the checkpoints say. */
  readonly max_ttl_s: number;
  readonly now_ms: number;
  /** What was signed before this start. */
  readonly witness?: Witness | undefined;
}

/**
 * Reads what a start needs, checks it, and gives it to the folds. What a crash cut short is moved
 * aside; everything else that does not fit is refused, because nobody can tell what it was.
 *
 * @throws FaultError with file and line of the first line that does not fit.
 */
export async function recover(options: RecoverOptions): Promise<Recovered> {
  const { folder, writer, folds, witness } = options;
  await rm(join(folder, UNFINISHED), { force: true });
  const segments = await soundSegments(folder, writer);
  const base = await baseOf(segments, options.now_ms - options.max_ttl_s * 1000);
  let head = GENESIS;
  let segment: OpenSegment | undefined;
  let place: Where | undefined;
  let last_at_ms: number | undefined;
  const front = openFront(segments[0], base);
  for await (const step of walk(segments.slice(base), writer)) {
    if (step.kind === "fault") throw refusal(step.at, step.message);
    if (step.kind === "torn") {
      await moveTail(folder, step.at, head.seq + 1);
      break;
    }
    head = step.head;
    place = step.at;
    front.see(step.event);
    const rewritten = contradiction(witness, head);
    if (rewritten !== undefined) throw faultAt(place, rewritten);
    const at_ms = Date.parse(step.event.at);
    last_at_ms = Math.max(last_at_ms ?? at_ms, at_ms);
    segment = upTo(step.at, segment);
    remember(folds, step.event, step.at, step.at.segment === segments[base]);
  }
  const missing = front.missing();
  if (missing)
    throw refusal(
      { segment: missing, line: 1 },
      "begins the journal, and nothing says that what came before was pruned",
    );
  const cut = cutShort(witness, head);
  if (cut !== undefined) throw faultAt(place ?? { segment: { path: folder }, line: 1 }, cut);
  return { head, last_at_ms, segment, torn: await unreported(folder, head.seq + 1) };
}

/**
 * Whether the journal begins where it says: with its first event ever, or after what was pruned. Only
 * who reads from the oldest segment on can tell; `journal verify` always does.
 */
function openFront(oldest: Segment | undefined, base: number) {
  let ok = !oldest || base > 0 || oldest.first_seq === 1;
  return {
    see(event: StoredEvent) {
      if (event.type === "journal.pruned" && event.last_seq === (oldest?.first_seq ?? 0) - 1)
        ok = true;
    },
    missing: () => (ok ? undefined : oldest),
  };
}

/** The segment as far as it was read, with this line. */
function upTo(
  { segment: { path }, end_offset, opening }: Place,
  before?: OpenSegment,
): OpenSegment {
  const checkpoint_bytes = opening ? end_offset : (before?.checkpoint_bytes ?? 0);
  return { path, length_bytes: end_offset, checkpoint_bytes };
}

/** The segments, without a newest one that never got as far as its first events. */
async function soundSegments(folder: string, writer: string): Promise<Segment[]> {
  const { segments, strangers } = await listSegments(folder);
  if (strangers[0] !== undefined) {
    const file = join(folder, strangers[0]);
    const message =
      "is not named like a segment: move it out of the journal, or give it its name back";
    throw new FaultError([{ file, line: 1, col: 1, message }]);
  }
  const newest = segments.at(-1);
  if (!newest || !(await isCutInOpening(newest, writer))) return segments;
  // Its checkpoint says nothing that the segments before it do not say.
  if (segments.length === 1 && newest.first_seq !== 1) {
    throw refusal({ segment: newest, line: 1 }, "is cut short, and nothing is left before it");
  }
  await rename(newest.path, join(folder, tornName(newest.first_seq)));
  return segments.slice(0, -1);
}

async function isCutInOpening(segment: Segment, writer: string): Promise<boolean> {
  for await (const step of walk([segment], writer)) {
    if (step.kind === "torn") return step.at.opening;
    if (step.kind === "fault" || !step.at.opening) return false;
  }
  return false;
}

/** The first segment to read: the newest one that was begun early enough, or else the oldest. */
async function baseOf(segments: readonly Segment[], before_ms: number): Promise<number> {
  for (let index = segments.length - 1; index > 0; index--) {
    const segment = segments[index];
    const opening = segment && (await openingOf(segment));
    if (opening && Date.parse(opening.at) <= before_ms) return index;
  }
  return 0;
}

/** The checkpoint of the first segment read, then every event. Later checkpoints say nothing new. */
function remember(
  folds: readonly Fold[],
  event: StoredEvent,
  at: Place,
  first_segment: boolean,
): void {
  if (event.type !== "journal.checkpoint") {
    for (const fold of folds) fold.apply(event);
    return;
  }
  if (!first_segment) return;
  for (const [name, entries] of Object.entries(event.state)) {
    const fold = folds.find((one) => one.name === name);
    // Going on without it would drop that memory for good with the next checkpoint.
    if (!fold) throw refusal(at, `holds ${JSON.stringify(name)}, which this version does not know`);
    try {
      fold.restore(entries);
    } catch (error) {
      throw refusal(at, error instanceof Error ? error.message : String(error));
    }
  }
}

/** In this order: after a crash anywhere in between, the next start does the rest. */
async function moveTail(folder: string, at: Place, seq: number): Promise<void> {
  const { path } = at.segment;
  const aside = createWriteStream(join(folder, tornName(seq)), {
    flags: "a",
    mode: 0o600,
    flush: true,
  });
  await pipeline(createReadStream(path, { start: at.offset }), aside);
  await realDisk.syncFolder(folder);
  const file = await open(path, "r+");
  try {
    await file.truncate(at.offset);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The file has the number of the event that reports it: with a lower head, it was not reported. */
async function unreported(folder: string, seq: number): Promise<Recovered["torn"]> {
  const file = tornName(seq);
  try {
    return { file, bytes: (await stat(join(folder, file))).size };
  } catch {
    return undefined;
  }
}

function refusal(at: Where, what: string): FaultError {
  const message = `${what}. The journal was not written like this, so the start is refused: find out who changed it, then restore the folder from a copy, or move it away and begin a new journal (revocations and keys in use are forgotten).`;
  return faultAt(at, message);
}

interface Where {
  readonly segment: { readonly path: string };
  readonly line: number;
}

function faultAt({ segment, line }: Where, message: string): FaultError {
  return new FaultError([{ file: segment.path, line: Math.max(1, line), col: 1, message }]);
}
