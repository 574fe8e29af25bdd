import { basename, join, resolve } from "node:path";
import { GENESIS, type Head } from "./chain.ts";
import { type HeadCheck, type HeadsChecked, headCheck } from "./check-heads.ts";
import type { KeptHeads } from "./kept-heads.ts";
import { listSegments, type Segment } from "./segments.ts";
import { type Step, walk } from "./walk.ts";
import { writerFolders } from "./writers.ts";

/** What `verifyJournal` found out about the journal of one writer. */
export interface Verified {
  readonly writer: string;
  /** Both 0 when there are no events. */
  readonly first_seq: number;
  readonly last_seq: number;
  readonly events: number;
  readonly segments: number;
  /** SHA-256 hex of the last line: the head that vouches for all before it. */
  readonly last_hash: string;
  /**
   * Up to this event the chain is whole. Where a fault shows, that leaves out the event before it too:
   * either of the two may be the one that was changed.
   */
  readonly sound_to_seq: number;
  /** What came before the first event was removed as too old: up to which event, and when. */
  readonly pruned?: { readonly last_seq: number; readonly at: string };
  /** The unterminated end: of a line being written just now, or one that a crash cut short. */
  readonly torn_tail?: { readonly file: string; readonly bytes: number };
  /** What heads that were kept elsewhere say. Absent where none were given. */
  readonly heads?: HeadsChecked;
  /** `file:line: what is wrong`, the first hundred and how many more. None: the chain is whole. */
  readonly faults: readonly string[];
}

const FAULTS_LISTED = 100;
/** How often segments may be removed under our eyes before that is an error. */
const ATTEMPTS = 3;

/**
 * Checks the journal in this folder: that of one writer, or one in each folder below. Streams it,
 * takes no lock and changes nothing, so it may run while the service does. That the end was cut off,
 * or the whole replaced, shows only in comparison with heads that were kept elsewhere.
 */
export async function verifyJournal(dir: string, heads?: KeptHeads): Promise<Verified[]> {
  const folder = resolve(dir);
  const folders = await writerFolders(folder);
  const verified: Verified[] = [];
  for (const each of folders) verified.push(await verifyWriter(each, heads));
  if (folders.includes(folder)) return verified;
  const found = new Set(verified.map(({ writer }) => writer));
  const lost = [...(heads?.writers.keys() ?? [])].filter((writer) => !found.has(writer));
  return [...verified, ...lost.map((writer) => nothingLeft(folder, writer))];
}

/** The heads speak of a writer that has no folder any more. */
function nothingLeft(folder: string, writer: string): Verified {
  const fault = `${join(folder, writer)}:1: is not there, but heads of it were kept: the journal was removed`;
  const none = {
    first_seq: 0,
    last_seq: 0,
    events: 0,
    segments: 0,
    last_hash: "",
    sound_to_seq: 0,
  };
  return { writer, ...none, faults: [fault] };
}

async function verifyWriter(folder: string, heads: KeptHeads | undefined): Promise<Verified> {
  for (let attempt = 1; ; attempt++) {
    const { segments, strangers } = await listSegments(folder);
    try {
      return await verifySegments(folder, segments, strangers, heads);
    } catch (error) {
      const gone = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!gone || attempt === ATTEMPTS) throw error;
    }
  }
}

async function verifySegments(
  folder: string,
  segments: readonly Segment[],
  strangers: readonly string[],
  kept: KeptHeads | undefined,
): Promise<Verified> {
  const faults = faultList();
  const writer = basename(folder);
  for (const name of strangers) faults.add(`${join(folder, name)}:1: is not named like a segment`);
  if (segments.length === 0) faults.add(`${folder}:1: holds no segment: all of them were removed`);
  const check = kept && headCheck(kept, writer);
  const { first, head, events, pruned, torn_tail, ...read } = await readChain(
    segments,
    writer,
    faults,
    check,
  );
  const cut_in_front = first && first.event.prev !== GENESIS.hash && !pruned;
  if (cut_in_front) {
    const { segment, line } = first.at;
    faults.add(
      `${segment.path}:${line}: begins the chain, but nothing says that what came before was pruned: segments are missing`,
    );
  }
  const before = { seq: (first?.event.seq ?? 1) - 1, hash: first?.event.prev ?? "" };
  const heads = check?.finish(before, head);
  for (const fault of heads?.faults ?? []) faults.add(fault);
  return {
    writer,
    first_seq: first?.event.seq ?? 0,
    last_seq: head.seq,
    events,
    segments: segments.length,
    last_hash: head.hash,
    sound_to_seq: cut_in_front ? 0 : (read.sound_to_seq ?? head.seq),
    ...(pruned && { pruned }),
    ...(torn_tail && { torn_tail }),
    ...(heads && { heads: heads.checked }),
    faults: faults.listed(),
  };
}

interface ChainRead {
  first?: Extract<Step, { kind: "event" }>;
  head: Head;
  events: number;
  /** Set by the first fault. */
  sound_to_seq?: number;
  pruned?: NonNullable<Verified["pruned"]>;
  torn_tail?: NonNullable<Verified["torn_tail"]>;
}

async function readChain(
  segments: readonly Segment[],
  writer: string,
  faults: ReturnType<typeof faultList>,
  check: HeadCheck | undefined,
): Promise<ChainRead> {
  const read: ChainRead = { head: { seq: 0, hash: "" }, events: 0 };
  for await (const step of walk(segments, writer)) {
    const file = step.at.segment.path;
    if (step.kind === "torn") read.torn_tail = { file, bytes: step.bytes };
    // It gets its name with its checkpoint in it: no crash leaves it like this.
    if (step.kind === "torn" && step.bytes === 0) faults.add(`${file}:1: was emptied`);
    if (step.kind === "fault") {
      read.sound_to_seq ??= Math.max(0, read.head.seq - 1);
      faults.add(`${file}:${Math.max(1, step.at.line)}: ${step.message}`);
    }
    if (step.kind !== "event") continue;
    const { event } = step;
    read.first ??= step;
    read.head = step.head;
    read.events += 1;
    check?.see(step.head);
    const { prev, seq } = read.first.event;
    if (event.type === "journal.pruned" && event.last_seq === seq - 1 && event.last_hash === prev)
      read.pruned ??= { last_seq: event.last_seq, at: event.at };
  }
  return read;
}

function faultList() {
  const faults: string[] = [];
  let unlisted = 0;
  return {
    add(fault: string) {
      if (faults.length < FAULTS_LISTED) faults.push(fault);
      else unlisted += 1;
    },
    listed: () => (unlisted === 0 ? faults : [...faults, `and ${unlisted} more faults`]),
  };
}
