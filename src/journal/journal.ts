import type { JournalEvent, StoredEvent } from "./event.ts";

/** Counters since the start, for metrics and readiness. */
export interface JournalStats {
  /** The head of the chain: the last event that was acknowledged. */
  readonly last_seq: number;
  readonly last_hash: string;
  /**
   * The latest time in the events that are known, in Unix milliseconds; undefined where there is none.
   * It never goes back: a clock that stands well behind it is wrong now, or was wrong then.
   */
  readonly last_at_ms: number | undefined;
  /** Events that wait for the next flush. */
  readonly queued: number;
  /** False from a failed write until the next one that succeeds. */
  readonly writable: boolean;
  readonly flushes: number;
  readonly failures: number;
  /** Noted events that the rate or the queue had no room for. */
  readonly notes_dropped: number;
  /** Noted events that were accepted, but whose write failed. */
  readonly notes_lost: number;
  /** Signed heads that could not be filed or sent. */
  readonly heads_failed: number;
}

/** The append-only record. Every backend keeps these promises. */
export interface Journal {
  /**
   * Resolves once the event is durable. Nothing may be handed out before that.
   *
   * @throws StsError `journal_unavailable` when it cannot be written, `overloaded` when too many
   *   wait, `shutting_down` after `close`.
   */
  record(event: JournalEvent): Promise<void>;
  /** Appends without waiting, within a rate. False when the event was dropped. */
  note(event: JournalEvent): boolean;
  /** Stored events in order, from this sequence on, up to the head at the time of the call. */
  replay(from_seq?: number): AsyncIterable<StoredEvent>;
  /** Calls the listener with each event once it is durable. Returns how to stop. */
  watch(listener: (event: StoredEvent) => void): () => void;
  stats(): JournalStats;
  /** Flushes what waits, then lets go of the folder. */
  close(): Promise<void>;
}
