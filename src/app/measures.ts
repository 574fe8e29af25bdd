import type { Issuers } from "../identity/index.ts";
import type { Journal, JournalEvent } from "../journal/index.ts";
import type { Metrics } from "../metrics/index.ts";
import type { Admission } from "./admission.ts";
import type { Loaded } from "./effects.ts";

/** Times the steps of the line and the whole of it, however they end. */
export function timer(metrics: Metrics) {
  return async <T>(
    step: "verify" | "decide" | "mint" | "record" | "exchange",
    work: () => T | Promise<T>,
  ): Promise<T> => {
    const started_ms = performance.now();
    try {
      return await work();
    } finally {
      metrics.observe(`${step}_duration_seconds`, (performance.now() - started_ms) / 1000);
    }
  };
}

/** Counts a decision by what is written about it: the journal and the metrics cannot disagree. */
export function countDecision(metrics: Metrics, event: JournalEvent): void {
  if (event.type !== "credential.issued" && event.type !== "credential.refused") return;
  const issued = event.type === "credential.issued";
  metrics.add("exchanges_total", {
    code: issued ? "issued" : event.code,
    issuer: event.identity?.issuer ?? "none",
    account: issued ? event.account : "none",
    door: event.door,
  });
}

/** What is looked up when somebody reads, rather than counted as it happens. */
export function lookUpOnRead(
  metrics: Metrics,
  { config, ring, policy }: Loaded,
  running: {
    readonly issuers: Issuers;
    readonly journal: Journal;
    readonly admissions: Readonly<Record<"address" | "identity", Admission>>;
    readonly started_s: number;
  },
): void {
  const { issuers, journal, admissions, started_s } = running;
  metrics.set("policy_info", 1, { digest: policy.digest });
  metrics.set("policy_loaded_timestamp_seconds", started_s);
  for (const { name: account } of config.accounts) {
    metrics.set("signing_keys", 1, { account, state: "active" });
    metrics.set("signing_keys", ring.all(account).length - 1, { account, state: "known" });
  }
  const since = totals(metrics);
  metrics.onRead(() => {
    const { last_seq, queued, failures, notes_dropped, notes_lost, heads_failed } = journal.stats();
    metrics.set("journal_last_seq", last_seq);
    metrics.set("journal_queued", queued);
    since("journal_errors_total", { kind: "write_failed" }, failures);
    since("journal_errors_total", { kind: "note_dropped" }, notes_dropped);
    since("journal_errors_total", { kind: "note_lost" }, notes_lost);
    since("journal_errors_total", { kind: "head_failed" }, heads_failed);
    for (const by of ["address", "identity"] as const) {
      metrics.set("rate_keys", admissions[by].limiter.size(), { by });
    }
    for (const { name: issuer, keys } of issuers.values()) {
      const { age_s, refreshed, failed } = keys.stats();
      if (age_s !== undefined) metrics.set("jwks_age_seconds", age_s, { issuer });
      since("jwks_refresh_total", { issuer, result: "ok" }, refreshed);
      since("jwks_refresh_total", { issuer, result: "failed" }, failed);
    }
  });
}

/** Brings a counter up to a total that is kept elsewhere. */
function totals(metrics: Metrics) {
  const seen = new Map<string, number>();
  return (name: Parameters<Metrics["add"]>[0], labels: Record<string, string>, total: number) => {
    const key = `${name} ${JSON.stringify(labels)}`;
    metrics.add(name, labels, total - (seen.get(key) ?? 0));
    seen.set(key, total);
  };
}
