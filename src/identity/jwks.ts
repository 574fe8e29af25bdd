import type { webcrypto } from "node:crypto";
import { createLocalJWKSet, errors, type JSONWebKeySet } from "jose";
import { StsError } from "../errors.ts";
import { inTime } from "./fetch.ts";

/** Keys older than this are fetched anew in the background, while they go on being used. */
const FRESH_S = 600;
/**
 * Keys older than this are fetched anew before they are used again: the provider may have withdrawn
 * one, and an hour without callers must not let it live on while the provider could be asked.
 */
const TRUSTED_S = 3600;
/** Who has just heard nothing from the provider does not make callers wait for it again. */
const OUTAGE_S = 60;
/** Keys older than this are not used any more, unless the operator says otherwise. */
export const STALE_LIMIT_S = 86_400;
/** An unknown key id asks again at most this often, whatever callers send. */
const GAP_S = 30;
/** After a failure the next try may come sooner; failed tries count as tries. */
const GAP_AFTER_FAILURE_S = 5;

/** The provider answers, and what it says is that the keys of before are none of its own any more. */
export class KeysWithdrawn extends Error {}

/** Finds the one key for a header of a token, or throws jose's reason. */
export type FindKey = (header: {
  readonly alg: string;
  readonly kid?: string;
}) => Promise<webcrypto.CryptoKey>;

/** The keys of one issuer, kept while the issuer cannot be reached. */
export interface KeySet {
  /** Throws StsError `issuer_unavailable` as well, where none can be had. */
  readonly resolve: FindKey;
  /** Fetches the keys if none are held. Never throws. */
  warm(): Promise<void>;
  stats(): KeySetStats;
}

/** For the metrics. */
export interface KeySetStats {
  /** Seconds since the keys were published as they are held; undefined before the first ones. */
  readonly age_s: number | undefined;
  readonly refreshed: number;
  readonly failed: number;
  /** How often the keys could not be put where they outlive this process. */
  readonly not_kept: number;
}

/** A key set and when it was fetched, Unix seconds. */
export interface Kept {
  readonly keys: JSONWebKeySet;
  readonly at_s: number;
}

/** Where the keys of one issuer outlive this process, so that a start during an outage has some. */
export interface KeyStore {
  load(): Promise<Kept | undefined>;
  save(kept: Kept): Promise<void>;
  /** Forgets what was kept. */
  drop(): Promise<void>;
}

/** What a {@link keySet} works with. */
export interface KeySource {
  /** The name in the configuration. */
  readonly issuer: string;
  /** Gets the key set, or throws: {@link KeysWithdrawn} ends the trust in the one of before. */
  fetchKeys(): Promise<JSONWebKeySet>;
  /** The clock, in seconds. */
  now_s(): number;
  readonly store?: KeyStore | undefined;
  /** For how long an outage does not matter, seconds. */
  readonly stale_limit_s?: number | undefined;
}

interface Held {
  readonly resolve: FindKey;
  readonly at_s: number;
}

/**
 * Caches what an issuer publishes: one fetch at a time, refreshed in the background, stale keys on
 * error up to a limit, and a minimum gap between fetches that failed ones count towards.
 */
export function keySet(source: KeySource): KeySet {
  const { issuer, fetchKeys, now_s, store, stale_limit_s = STALE_LIMIT_S } = source;
  let held: Held | undefined;
  let tried_at_s = Number.NEGATIVE_INFINITY;
  let failed_at_s = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  let running: Promise<void> | undefined;
  let looked: Promise<void> | undefined;
  const counted = { refreshed: 0, failed: 0, not_kept: 0 };
  const keep = keeper(store, () => counted.not_kept++);

  /** A clock that was set back must not keep keys for longer, nor stop us from asking. */
  const since = (at_s: number) => Math.abs(now_s() - at_s);
  const hold = ({ keys, at_s }: Kept) => {
    held = { resolve: createLocalJWKSet(keys), at_s };
  };

  /** Joins the fetch that is under way or starts one; without one where the last was too recent. */
  function refresh(): Promise<void> {
    if (running) return running;
    const gap_s = failure === undefined ? GAP_S : GAP_AFTER_FAILURE_S;
    if (since(tried_at_s) < gap_s) return Promise.resolve();
    tried_at_s = now_s();
    running = refreshed().finally(() => {
      running = undefined;
    });
    return running;
  }

  /** Never throws: nobody waits for a refresh in the background. */
  async function refreshed(): Promise<void> {
    try {
      const kept = { keys: await inTime(fetchKeys()), at_s: now_s() };
      hold(kept);
      failure = undefined;
      failed_at_s = Number.NEGATIVE_INFINITY;
      counted.refreshed++;
      keep((store) => store.save(kept));
    } catch (error) {
      failure = error ?? new Error("no reason given");
      failed_at_s = now_s();
      counted.failed++;
      if (!isWithdrawn(error)) return;
      held = undefined;
      keep((store) => store.drop());
    }
  }

  /** What was kept is used until it is too old, as if it had been held all the time. */
  async function lookInStore(): Promise<void> {
    const kept = store && (await inTime(store.load()).catch(() => undefined));
    if (kept && !held && since(kept.at_s) <= stale_limit_s) hold(kept);
  }

  const unavailable = () =>
    new StsError("issuer_unavailable", { issuer, reason: reasonOf(failure) }, { cause: failure });

  function usable(): Held {
    if (held && since(held.at_s) <= stale_limit_s) return held;
    throw unavailable();
  }

  /** Sees to it that what is held is as fresh as it can be had, or is being made so. */
  async function freshen(): Promise<void> {
    looked ??= lookInStore();
    await looked;
    const age_s = held ? since(held.at_s) : Number.POSITIVE_INFINITY;
    if (age_s <= FRESH_S) return;
    const is_out = since(failed_at_s) < OUTAGE_S;
    const refreshing = refresh();
    if (age_s > stale_limit_s || (age_s > TRUSTED_S && !is_out)) await refreshing;
  }

  return {
    async warm() {
      looked ??= lookInStore();
      await looked;
      if (!held) await refresh();
    },
    stats: () => ({ age_s: held && now_s() - held.at_s, ...counted }),
    async resolve(header) {
      await freshen();
      const before = usable();
      try {
        return await before.resolve(header);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        await refresh();
        const after = usable();
        if (after !== before) return after.resolve(header);
        // The key may be a new one that we cannot fetch: that is not the token's fault.
        if (failure !== undefined) throw unavailable();
        throw error;
      }
    },
  };
}

/**
 * Tells a store beside the requests, which never wait for it: a disk may hang. One thing at a time, and
 * of what comes meanwhile the latest: the next start has older keys then, or none.
 */
function keeper(store: KeyStore | undefined, failed: () => void) {
  let due: ((store: KeyStore) => Promise<void>) | undefined;
  let running = false;
  return async (work: (store: KeyStore) => Promise<void>): Promise<void> => {
    if (!store) return;
    if (due) failed();
    due = work;
    if (running) return;
    running = true;
    while (due) {
      const now = due;
      due = undefined;
      await now(store).catch(failed);
    }
    running = false;
  };
}

/** Those who fetch wrap what was thrown. */
const isWithdrawn = (error: unknown): boolean =>
  error instanceof KeysWithdrawn || (error instanceof Error && isWithdrawn(error.cause));

/** The innermost reason: what the network or the provider really said. */
export function reasonOf(failure: unknown): string {
  let reason = failure;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  if (!(reason instanceof Error)) return "not fetched yet";
  const { code } = reason as NodeJS.ErrnoException; // has one, or not
  return reason.message || code || reason.name;
}
