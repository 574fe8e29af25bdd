import { dirname, join, resolve } from "node:path";
import { type Bucket, FaultError, makeFolders } from "../config/index.ts";
import { GENESIS } from "./chain.ts";
import { type Disk, realDisk } from "./disk.ts";
import type { StoredEvent } from "./event.ts";
import type { Fold } from "./fold.ts";
import { type HeadsOptions, openHeads } from "./heads.ts";
import type { Journal } from "./journal.ts";
import { JournalStartError, lockFolder } from "./lock.ts";
import { prune } from "./prune.ts";
import { QUEUE_LIMIT, type Recorder, recorder } from "./recorder.ts";
import { recover } from "./recover.ts";
import { SEGMENT_LIMIT_BYTES, segmentWriter } from "./segment-writer.ts";
import { listSegments, WRITER } from "./segments.ts";
import { walk } from "./walk.ts";

export interface JournalOptions {
  /** Holds one folder a writer. */
  readonly dir: string;
  /** `^[a-z0-9-]{1,32}$` */
  readonly writer: string;
  /** Closed segments whose last event is older are removed. At least `max_ttl_s` is kept. */
  readonly keep_s: number;
  /** The longest lifetime of a credential. */
  readonly max_ttl_s: number;
  /** How many events before verification are accepted (`limits.journal_unverified`). */
  readonly unverified: Bucket;
  /** What is remembered. Restored and up to date once `openJournal` resolves. */
  readonly folds?: readonly Fold[];
  /** Signs the head of the chain regularly, unless absent. */
  readonly heads?: HeadsOptions;
  readonly segment_bytes?: number;
  readonly queue_limit?: number;
  readonly disk?: Disk;
  /** Unix milliseconds. */
  now(): number;
  /** The disk cannot be trusted any more: the process should end. */
  on_fatal(error: unknown): void;
  /** After each flush that succeeded. */
  on_flush?(flush: { readonly events: number; readonly seconds: number }): void;
  /** Writes began to fail, or fail for another reason now (with why), or go through again (without). */
  on_turn?(failure?: { readonly reason: string }): void;
}

/**
 * Opens the journal of this writer in local files, and takes its folder until `close`.
 *
 * @throws JournalStartError when another process has the folder, or it cannot be used.
 * @throws FaultError with file and line when something in it does not fit.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { dir, writer } = options;
  if (!WRITER.test(writer)) {
    throw new JournalStartError(`journal.writer must fit ${WRITER.source}: it names a folder.`);
  }
  const folder = join(resolve(dir), writer);
  await makeFolder(folder);
  const release = await lockFolder(folder).catch((error) => {
    throw fromSystem(error) ? unusable(folder, error) : error;
  });
  try {
    return await openLocked(folder, options, release);
  } catch (error) {
    await release();
    throw fromSystem(error) ? unusable(folder, error) : error;
  }
}

/** Of the system, such as a disk that is full, rather than of what stands in the journal. */
const fromSystem = (error: unknown): error is Error =>
  error instanceof Error && "syscall" in error && "code" in error;

function unusable(folder: string, cause: Error): JournalStartError {
  const message = `The journal in ${folder} cannot be used (${cause.message}): make room there, let this user write there, or choose another journal.dir.`;
  return new JournalStartError(message, { cause });
}

async function openLocked(
  folder: string,
  options: JournalOptions,
  release: () => Promise<void>,
): Promise<Journal> {
  const { writer, max_ttl_s, keep_s, now } = options;
  const { folds = [], disk = realDisk, segment_bytes = SEGMENT_LIMIT_BYTES } = options;
  const signing = options.heads && (await openHeads(options.heads, folder, writer));
  const { witness } = signing ?? {};
  const found = await recover({ folder, writer, folds, max_ttl_s, now_ms: now(), witness });
  const sink = segmentWriter({
    ...{ folder, writer, disk, folds, segment_bytes, now },
    segment: found.segment,
    on_rotate: () => startPruning(),
  });
  // Now rather than with the first event: a folder that cannot be written should fail the start.
  const { last_at_ms } = found;
  const head = found.segment ? found.head : await sink.room(found.head, 0);
  const own = recorder({ queue_limit: QUEUE_LIMIT, ...options, head, folds, sink, last_at_ms });

  let pruning = Promise.resolve();
  function startPruning() {
    const before_ms = now() - Math.max(keep_s, max_ttl_s) * 1000;
    // What fails here is tried again after the next rotation; a failing disk shows elsewhere.
    pruning = pruning.then(() => prune(folder, before_ms, own)).catch(() => {});
  }
  if (found.torn) await own.append({ type: "journal.repaired", ...found.torn });
  startPruning();
  await pruning;
  const stand = () => ({ seq: own.stats().last_seq, hash: own.stats().last_hash });
  const heads = signing?.start({ writer, now, head: stand });

  let closing: Promise<void> | undefined;
  return {
    ...pick(own),
    stats: () => ({ ...own.stats(), heads_failed: heads?.failures() ?? 0 }),
    replay: (from_seq = 1) => replay(folder, writer, from_seq, own.stats().last_seq),
    close() {
      closing ??= own
        .close()
        .then(() => pruning)
        .finally(() => heads?.close())
        .finally(release);
      return closing;
    },
  };
}

const pick = ({ record, note, watch }: Recorder) => ({ record, note, watch });

async function makeFolder(folder: string): Promise<void> {
  try {
    const [made] = await makeFolders(folder);
    if (made === undefined) return;
    for (const above of new Set([dirname(made), dirname(folder)])) await realDisk.syncFolder(above);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new JournalStartError(
      `The journal folder ${folder} cannot be made (${why}): make it, or choose another journal.dir.`,
      { cause },
    );
  }
}

async function* replay(
  folder: string,
  writer: string,
  from_seq: number,
  to_seq: number,
): AsyncGenerator<StoredEvent> {
  if (to_seq === GENESIS.seq) return;
  const { segments } = await listSegments(folder);
  const first = Math.max(
    0,
    segments.findLastIndex((segment) => segment.first_seq <= from_seq),
  );
  for await (const step of walk(segments.slice(first), writer)) {
    if (step.kind === "torn") return;
    if (step.kind === "fault") {
      const { segment, line } = step.at;
      throw new FaultError([{ file: segment.path, line, col: 1, message: step.message }]);
    }
    if (step.event.seq > to_seq) return;
    if (step.event.seq >= from_seq) yield step.event;
  }
}
