import type { HeadsConfig } from "../config/index.ts";
import {
  type Fold,
  HEAD_MESSAGE,
  type HeadsOptions,
  type Journal,
  openJournal,
  stdoutJournal,
} from "../journal/index.ts";
import type { Metrics } from "../metrics/index.ts";
import type { Effects, Loaded } from "./effects.ts";

/** Opens the journal that the configuration names, with its heads and measures. */
export function openTheJournal(
  { config }: Loaded,
  effects: Effects,
  metrics: Metrics,
  folds: readonly Fold[],
): Promise<Journal> {
  const { journal, limits, max_ttl_s } = config;
  const common = {
    folds,
    unverified: limits.journal_unverified,
    now: effects.now_ms,
    on_fatal: effects.fatal,
    on_turn(failure?: { reason: string }) {
      if (failure) effects.log.error(failure, "the journal cannot be written");
      else effects.log.info("the journal can be written again");
    },
    on_flush({ events, seconds }: { events: number; seconds: number }) {
      metrics.observe("journal_flush_duration_seconds", seconds);
      metrics.observe("journal_group_size", events);
    },
  };
  if (journal !== "stdout") {
    const heads = headsOptions(journal.heads, effects);
    return openJournal({ ...common, ...journal, max_ttl_s, heads });
  }
  return Promise.resolve(stdoutJournal({ ...common, writer: "main", write: effects.write }));
}

function headsOptions(config: HeadsConfig, { log, fetch, owner }: Effects): HeadsOptions {
  return {
    ...config,
    owner,
    post: fetch,
    every(ms, run) {
      const timer = setInterval(run, ms).unref();
      return () => clearInterval(timer);
    },
    on_head: (head) => log.info(head, HEAD_MESSAGE),
    on_failure: (failure) => log.error(failure, "a journal head could not be sent"),
  };
}
