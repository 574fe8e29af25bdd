import type { Bucket } from "../config/index.ts";
import { GENESIS } from "./chain.ts";
import type { Fold } from "./fold.ts";
import type { Journal } from "./journal.ts";
import { QUEUE_LIMIT, recorder } from "./recorder.ts";

export interface StdoutJournalOptions {
  readonly writer: string;
  /** How many events before verification are accepted (`limits.journal_unverified`). */
  readonly unverified: Bucket;
  readonly folds?: readonly Fold[];
  readonly queue_limit?: number;
  /** Resolves once the text, whole lines with their newlines, was handed on. */
  write(text: string): Promise<void>;
  /** Unix milliseconds. */
  now(): number;
  on_fatal(error: unknown): void;
  on_flush?(flush: { readonly events: number; readonly seconds: number }): void;
  /** Writes began to fail, or fail for another reason now (with why), or go through again (without). */
  on_turn?(failure?: { readonly reason: string }): void;
}

/**
 * A journal without state, for those who collect standard output: the same lines and chain, which
 * begin anew at each start. There is nothing to replay.
 */
export function stdoutJournal(options: StdoutJournalOptions): Journal {
  const { record, note, watch, stats, close } = recorder({
    folds: [],
    queue_limit: QUEUE_LIMIT,
    ...options,
    head: GENESIS,
    sink: {
      room: async (head) => head,
      append: (bytes) => options.write(bytes.toString()),
      close: async () => {},
    },
  });
  return {
    ...{ record, note, watch, close },
    stats: () => ({ ...stats(), heads_failed: 0 }),
    replay: nothing,
  };
}

async function* nothing() {}
