import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { GENESIS } from "./chain.ts";
import { listSegments, type Segment, WRITER } from "./segments.ts";
import { type Step, walk } from "./walk.ts";

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
  /** The unterminated end: of a line being written just now, or one that a crash cut short. */
  readonly torn_tail?: { readonly file: string; readonly bytes: number };
  /** `file:line: what is wrong`, the first hundred and how many more. None: the chain is whole. */
  readonly faults: readonly string[];
}

const FAULTS_LISTED = 100;
/** How often segments may be removed under our eyes before that is an error. */
const ATTEMPTS = 3;

/**
 * Checks the journal in this folder: that of one writer, or one in each folder below. Streams it,
 * takes no lock and changes nothing, so it may run while the service does. A change in the very last
 * line shows only in comparison with a head that was kept elsewhere.
 */
export async function verifyJournal(dir: string): Promise<Verified[]> {
  const folder = resolve(dir);
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.some((entry) => entry.name.endsWith(".jsonl"))) return [await verifyWriter(folder)];
  const verified: Verified[] = [];
  for (const { name } of entries.filter(
    (entry) => entry.isDirectory() && WRITER.test(entry.name),
  )) {
    verified.push(await verifyWriter(join(folder, name)));
  }
  return verified;
}

async function verifyWriter(folder: string): Promise<Verified> {
  for (let attempt = 1; ; attempt++) {
    const { segments, strangers } = await listSegments(folder);
    try {
      return await verifySegments(folder, segments, strangers);
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
): Promise<Verified> {
  const faults = faultList();
  for (const name of strangers) faults.add(join(folder, name), 1, "is not named like a segment");
  const writer = basename(folder);
  let first: Extract<Step, { kind: "event" }> | undefined;
  let head = { seq: 0, hash: "" };
  let events = 0;
  let begins_after_pruned = false;
  let torn_tail: Verified["torn_tail"];

  for await (const step of walk(segments, writer)) {
    const file = step.at.segment.path;
    if (step.kind === "fault") faults.add(file, step.at.line, step.message);
    else if (step.kind === "torn") torn_tail = { file, bytes: step.bytes };
    else {
      const { event } = step;
      first ??= step;
      head = step.head;
      events += 1;
      begins_after_pruned ||=
        event.type === "journal.pruned" &&
        event.last_seq === first.event.seq - 1 &&
        event.last_hash === first.event.prev;
    }
  }
  if (first && first.event.prev !== GENESIS.hash && !begins_after_pruned) {
    const { segment, line } = first.at;
    faults.add(
      segment.path,
      line,
      "begins the chain, but nothing says that what came before was pruned: segments are missing",
    );
  }
  return {
    writer,
    first_seq: first?.event.seq ?? 0,
    last_seq: head.seq,
    events,
    segments: segments.length,
    last_hash: head.hash,
    ...(torn_tail && { torn_tail }),
    faults: faults.listed(),
  };
}

function faultList() {
  const faults: string[] = [];
  let unlisted = 0;
  return {
    add(file: string, line: number, message: string) {
      if (faults.length < FAULTS_LISTED) faults.push(`${file}:${Math.max(1, line)}: ${message}`);
      else unlisted += 1;
    },
    listed: () => (unlisted === 0 ? faults : [...faults, `and ${unlisted} more faults`]),
  };
}
