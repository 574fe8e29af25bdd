import type { JournalEvent } from "../journal/index.ts";
import type { Metrics } from "../metrics/index.ts";
import type { InForce } from "./in-force.ts";
import type { Standing } from "./standing.ts";

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
  if (event.type === "decision.explained") {
    const { code = "allowed", identity } = event;
    metrics.add("explained_total", { code, issuer: identity?.issuer ?? "none" });
  }
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
export function lookUpOnRead(standing: Standing, current: () => InForce): void {
  const { metrics, journal, user_keys, used_tokens, used_proofs } = standing;
  const since = totals(metrics);
  metrics.onRead(() => {
    const { loaded, issuers, admissions, since_s } = current();
    const { config, ring, policy, audit } = loaded;
    for (const name of ["policy_info", "signing_keys", "jwks_age_seconds"] as const)
      metrics.forget(name); // what is no longer in force is not told any more
    for (const [mode, one] of Object.entries({ enforce: policy, audit })) {
      if (!one) continue;
      const { digest, revision = "none" } = one;
      metrics.set("policy_info", 1, { digest, revision, mode });
    }
    metrics.set("policy_loaded_timestamp_seconds", since_s);
    for (const { name: account } of config.accounts) {
      const states = ring.all(account).map(({ state }) => state);
      for (const state of ["active", "known", "scoped"] as const)
        metrics.set("signing_keys", states.filter((s) => s === state).length, { account, state });
    }
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
    for (const [what, held] of Object.entries({ user_keys, used_tokens, used_proofs }))
      metrics.set("remembered", held.size(), { what });
    for (const { name: issuer, keys } of issuers.values()) {
      const { age_s, refreshed, failed, not_kept } = keys.stats();
      if (age_s !== undefined) metrics.set("jwks_age_seconds", age_s, { issuer });
      since("jwks_refresh_total", { issuer, result: "ok" }, refreshed);
      since("jwks_refresh_total", { issuer, result: "failed" }, failed);
      since("jwks_not_kept_total", { issuer }, not_kept);
    }
  });
}

/** Brings a counter up to a total that is kept elsewhere, and begins anew where that does. */
function totals(metrics: Metrics) {
  const seen = new Map<string, number>();
  return (name: Parameters<Metrics["add"]>[0], labels: Record<string, string>, total: number) => {
    const key = `${name} ${JSON.stringify(labels)}`;
    const before = seen.get(key) ?? 0;
    metrics.add(name, labels, total < before ? total : total - before);
    seen.set(key, total);
  };
}
