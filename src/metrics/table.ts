/** One metric: a row makes the metric itself and its line in the documentation. */
export interface MetricRow {
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  /** What it says, as one sentence. */
  readonly help: string;
  /** Upper bounds, of histograms. */
  readonly buckets?: readonly number[];
}

/** From a tenth of a millisecond, where a decision is, to seconds, where a provider is slow. */
const SECONDS = [
  0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
];

const duration = (help: string): MetricRow => ({
  type: "histogram",
  labels: [],
  help,
  buckets: SECONDS,
});
const gauge = (help: string, ...labels: string[]): MetricRow => ({ type: "gauge", labels, help });
const counter = (help: string, ...labels: string[]): MetricRow => ({
  type: "counter",
  labels,
  help,
});

/**
 * Every metric of ours, without the prefix. Labels come from the configuration and from tables of
 * ours alone, never from a token, so that nobody outside can make new series.
 */
export const METRICS = {
  exchanges_total: counter(
    "Decisions by outcome; code is `issued` on success, issuer and account are `none` before they are known.",
    ...["code", "issuer", "account", "door"],
  ),
  explained_total: counter(
    "Answers of `POST /v1/explain`; code is `allowed`, or that of the refusal.",
    ...["code", "issuer"],
  ),
  exchange_duration_seconds: duration("From the question to the answer of the line."),
  verify_duration_seconds: duration("Verification of a token, with what had to be fetched for it."),
  decide_duration_seconds: duration("The decision by the policy."),
  mint_duration_seconds: duration("Key pair, claims and signature."),
  record_duration_seconds: duration("The wait until the journal was on disk."),
  in_flight: gauge("Exchanges and explanations under way, at most `limits.in_flight`."),
  shed_total: counter(
    "Requests that were answered `overloaded` because `limits.in_flight` others were under way. They are not journaled.",
  ),
  connections_dropped_total: counter(
    "Connections that were closed as they came, beyond `limits.connections`.",
    "listener",
  ),
  tls_expiry_timestamp_seconds: gauge(
    "When the certificates of a listener with TLS end, the first of its chain, Unix seconds.",
    "listener",
  ),
  rate_limited_total: counter("Requests that were one too many, by `address` or `identity`.", "by"),
  rate_keys: gauge(
    "Addresses and identities that are counted now, out of `limits.rate_keys`.",
    "by",
  ),
  remembered: gauge(
    "`user_keys` of callers, `used_tokens` and `used_proofs` that are held, those that have ended included until room is needed: at most 100,000 of each.",
    "what",
  ),
  jwks_age_seconds: gauge(
    "Age of the keys of an issuer; absent before they were fetched.",
    "issuer",
  ),
  jwks_refresh_total: counter(
    "Fetches of the keys of an issuer, by result `ok` or `failed`.",
    "issuer",
    "result",
  ),
  jwks_not_kept_total: counter(
    "Keys of an issuer that could not be put into `keep_dir`: a start during an outage has older ones, or none.",
    "issuer",
  ),
  signing_keys: gauge(
    "Signing keys of an account; one is `active`, those for roles that name them are `scoped`, the others `known`.",
    "account",
    "state",
  ),
  policy_info: gauge(
    "The policy that is in force: always 1, with its digest, its revision in version control or `none`, and `mode`: `enforce`, or `audit` for one that is only tried.",
    ...["digest", "revision", "mode"],
  ),
  audit_total: counter(
    "Decisions of the policy with `mode: audit` by how they compare with those that count: `same`, `wider`, `narrower`, `different` or `failed`.",
    "result",
  ),
  policy_loaded_timestamp_seconds: gauge("When the policy in force was loaded, Unix seconds."),
  reload_total: counter(
    "Readings of the files while serving, by result `loaded` or `refused`.",
    "result",
  ),
  credentials_narrowed_total: counter(
    "Live credentials that a new policy would not give; sure is `no` where that depends on claims which nobody kept.",
    "sure",
  ),
  journal_flush_duration_seconds: duration("One flush of the journal."),
  journal_group_size: {
    type: "histogram",
    labels: [],
    help: "Events that shared one flush.",
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500],
  },
  journal_last_seq: gauge("Sequence number of the last event on disk."),
  journal_queued: gauge("Events that wait for a flush."),
  journal_errors_total: counter(
    "What the journal could not do: `write_failed`, `note_dropped`, `note_lost`, `head_failed` (a signed head that was not filed or sent).",
    "kind",
  ),
} as const satisfies Readonly<Record<string, MetricRow>>;

export type MetricName = keyof typeof METRICS;

/** In front of every name. */
export const PREFIX = "nats_sts_";
