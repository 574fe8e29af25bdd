import { StsError } from "../errors.ts";
import { rateLimiter } from "../limits/index.ts";
import { ENVELOPE_LIMIT_BYTES, type Head, LINE_LIMIT_BYTES, seal, type Unsealed } from "./chain.ts";
import type { JournalEvent, OwnEvent, StoredEvent } from "./event.ts";
import type { Fold } from "./fold.ts";
import type { Journal, JournalStats } from "./journal.ts";

/** Where groups of lines go. Only one call is under way at any time. */
export interface Sink {
  /** Makes room for so many bytes. May write lines of its own: returns the head to go on from. */
  room(head: Head, bytes: number): Promise<Head>;
  /** Resolves once all of it is durable; otherwise nothing of it is left. */
  append(bytes: Buffer): Promise<void>;
  close(): Promise<void>;
}

export interface RecorderOptions {
  readonly writer: string;
  readonly head: Head;
  /** The latest time of the events before. */
  readonly last_at_ms?: number | undefined;
  readonly sink: Sink;
  readonly folds: readonly Fold[];
  /** How many noted events are accepted. */
  readonly unverified: { readonly burst: number; readonly per_s: number };
  readonly queue_limit: number;
  /** Unix milliseconds. */
  now(): number;
  /** The journal has failed for good, and refuses everything from now on. */
  on_fatal(error: unknown): void;
  on_flush?(flush: { readonly events: number; readonly seconds: number }): void;
  /** Writes began to fail, or fail for another reason now (with why), or go through again (without). */
  on_turn?(failure?: { readonly reason: string }): void;
}

/** What every backend shares: the queue, its groups, the chain. */
export interface Recorder extends Pick<Journal, "record" | "note" | "watch" | "close"> {
  stats(): Omit<JournalStats, "heads_failed">;
  /** For the journal's own events: accepted also when the queue is full. */
  append(event: OwnEvent): Promise<void>;
}

/** More events than this do not wait for a flush; further ones are refused. */
export const QUEUE_LIMIT = 10_000;
/** What one flush takes at most, so that serialising it does not hold up everything else. */
const GROUP_LIMIT_BYTES = LINE_LIMIT_BYTES;
/** Failures that pass without us. All others say that the disk cannot be trusted. */
const PASSING = new Set(["ENOSPC", "EDQUOT", "EROFS", "EACCES", "ENOENT", "EMFILE", "ENFILE"]);

interface Waiting extends Unsealed {
  readonly event: JournalEvent | OwnEvent;
  readonly bytes: number;
  readonly at_ms: number;
  /** Absent for events that were only noted. */
  readonly settle?: { resolve(): void; reject(error: Error): void };
}

/**
 * Takes events in and writes them in groups: one flush is under way at a time, and what arrives
 * meanwhile shares the next one. The chain moves on only with what is durable.
 */
export function recorder(options: RecorderOptions): Recorder {
  const { writer, sink, folds, queue_limit } = options;
  const rate = rateLimiter(options.unverified, 1); // one key: all that is noted
  const listeners = new Set<(event: StoredEvent) => void>();
  const counts = { flushes: 0, failures: 0, notes_dropped: 0, notes_lost: 0 };
  let head = options.head;
  let last_at_ms = options.last_at_ms;
  const queue: Waiting[] = [];
  let draining: Promise<void> | undefined;
  /** Why the last write failed, if it did. */
  let failed: string | undefined;
  let broken: { readonly cause: unknown } | undefined;
  let closing: Promise<void> | undefined;

  function enqueue(event: Waiting["event"], settle?: Waiting["settle"]): void {
    const waiting = prepare(event, options.now());
    queue.push(settle ? { ...waiting, settle } : waiting);
    // Begins after the current turn, so that what it records together is flushed together.
    draining ??= Promise.resolve().then(drain);
  }

  /** Nobody waits for it, so nobody could be told that it is too large. */
  function noted(event: JournalEvent): boolean {
    try {
      enqueue(event);
      return true;
    } catch {
      return false;
    }
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      const group = queue.splice(0, groupSize(queue));
      const began_ms = performance.now();
      try {
        const stored = await flush(group);
        settleAll(group, stored);
        options.on_flush?.({
          events: group.length,
          seconds: (performance.now() - began_ms) / 1000,
        });
      } catch (error) {
        refuse(group, error);
      }
    }
    draining = undefined;
  }

  async function flush(group: readonly Waiting[]): Promise<StoredEvent[]> {
    const bytes = group.reduce((sum, waiting) => sum + waiting.bytes, 0);
    head = await sink.room(head, bytes);
    const stored: StoredEvent[] = [];
    let text = "";
    let end = head;
    for (const waiting of group) {
      const sealed = seal(waiting, writer, end);
      const { seq } = sealed.head;
      stored.push({ seq, at: waiting.at, writer, prev: end.hash, ...waiting.event });
      text += `${sealed.line}\n`;
      end = sealed.head;
    }
    await sink.append(Buffer.from(text));
    head = end;
    return stored;
  }

  function settleAll(group: readonly Waiting[], stored: readonly StoredEvent[]): void {
    if (failed !== undefined) options.on_turn?.();
    failed = undefined;
    counts.flushes += 1;
    for (const { at_ms } of group) last_at_ms = Math.max(last_at_ms ?? at_ms, at_ms);
    for (const event of stored) for (const fold of folds) fold.apply(event);
    for (const { settle } of group) settle?.resolve();
    for (const listener of listeners) {
      // In a turn of its own, so that one that throws cannot stop the journal.
      queueMicrotask(() => stored.forEach(listener));
    }
  }

  function refuse(group: readonly Waiting[], cause: unknown): void {
    const reason = codeOf(cause);
    const passing = PASSING.has(reason);
    if (failed !== reason) options.on_turn?.({ reason: messageOf(cause) });
    failed = reason;
    counts.failures += 1;
    if (!passing) broken = { cause };
    for (const { settle } of passing ? group : [...group, ...queue.splice(0)]) {
      if (settle) settle.reject(new StsError("journal_unavailable", { reason }, { cause }));
      else counts.notes_lost += 1;
    }
    if (!passing) options.on_fatal(cause);
  }

  /** Why nothing more is taken in, if so. */
  function closed(): StsError | undefined {
    if (broken) {
      const detail = { reason: codeOf(broken.cause) };
      return new StsError("journal_unavailable", detail, { cause: broken.cause });
    }
    if (closing) return new StsError("shutting_down");
    return queue.length < queue_limit
      ? undefined
      : new StsError("overloaded", { limit: "journal" });
  }

  const append = (event: Waiting["event"]) =>
    new Promise<void>((resolve, reject) => enqueue(event, { resolve, reject }));

  return {
    async record(event) {
      const refusal = closed();
      if (refusal) throw refusal;
      await append(event);
    },
    async append(event) {
      const refusal = closed();
      if (refusal && refusal.code !== "overloaded") throw refusal;
      await append(event);
    },
    note(event) {
      const admission = closed() ? "full" : rate.take("notes", options.now());
      const taken = admission !== "full" && admission.ok && noted(event);
      if (!taken) counts.notes_dropped += 1;
      return taken;
    },
    watch(listener) {
      const own = (event: StoredEvent) => listener(event);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    stats() {
      const writable = failed === undefined;
      return {
        last_seq: head.seq,
        last_hash: head.hash,
        last_at_ms,
        queued: queue.length,
        writable,
        ...counts,
      };
    },
    close() {
      closing ??= (async () => {
        await draining;
        await sink.close();
      })();
      return closing;
    },
  };
}

/** Serialised at once: what the caller does to the event later cannot change it. */
function prepare(event: JournalEvent | OwnEvent, now_ms: number): Waiting {
  const { type, ...rest } = event;
  const body = JSON.stringify(rest).slice(1, -1);
  const bytes = Buffer.byteLength(body) + ENVELOPE_LIMIT_BYTES;
  if (bytes > LINE_LIMIT_BYTES) {
    throw new StsError("internal", { reason: `an event of type ${type} has ${bytes} bytes` });
  }
  return { at: new Date(now_ms).toISOString(), at_ms: now_ms, type, body, bytes, event };
}

/** How many events from the front of the queue go into one group. */
function groupSize(queue: readonly Waiting[]): number {
  let bytes = 0;
  const over = queue.findIndex((waiting) => {
    bytes += waiting.bytes;
    return bytes > GROUP_LIMIT_BYTES;
  });
  return over < 0 ? queue.length : Math.max(1, over);
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : codeOf(error));

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code; // Any value can be thrown.
  return typeof code === "string" ? code : "unknown";
}
