import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { StsError } from "../errors.ts";

/** Keys older than this are fetched anew in the background, while they go on being used. */
const FRESH_S = 600;
/** Keys older than this are not used any more: the provider may have withdrawn them long since. */
const STALE_LIMIT_S = 86_400;
/** An unknown key id asks again at most this often, whatever callers send. */
const GAP_S = 30;
/** After a failure the next try may come sooner; failed tries count as tries. */
const GAP_AFTER_FAILURE_S = 5;

/** The keys of one issuer, kept while the issuer cannot be reached. */
export interface KeySet {
  /** Finds the key for a header, for jose. Throws StsError `issuer_unavailable` where none can be had. */
  readonly resolve: JWTVerifyGetKey;
  /** Fetches the keys if none are held. Never throws. */
  warm(): Promise<void>;
}

interface Held {
  readonly resolve: JWTVerifyGetKey;
  readonly at_s: number;
}

/**
 * Caches what an issuer publishes: one fetch at a time, refreshed in the background, stale keys on
 * error up to a limit, and a minimum gap between fetches that failed ones count towards.
 *
 * @param fetchKeys gets the key set, or throws
 * @param now_s the clock, in seconds
 */
export function keySet(
  issuer: string,
  fetchKeys: () => Promise<JSONWebKeySet>,
  now_s: () => number,
): KeySet {
  let held: Held | undefined;
  let tried_at_s = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  let running: Promise<void> | undefined;

  /** Joins the fetch that is under way or starts one; without one where the last was too recent. */
  function refresh(): Promise<void> {
    if (running) return running;
    const gap_s = failure === undefined ? GAP_S : GAP_AFTER_FAILURE_S;
    if (now_s() - tried_at_s < gap_s) return Promise.resolve();
    tried_at_s = now_s();
    running = fetchKeys()
      .then(
        (keys) => {
          held = { resolve: createLocalJWKSet(keys), at_s: now_s() };
          failure = undefined;
        },
        (error: unknown) => {
          failure = error ?? new Error("no reason given");
        },
      )
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  function usable(): Held {
    if (held && now_s() - held.at_s <= STALE_LIMIT_S) return held;
    throw new StsError(
      "issuer_unavailable",
      { issuer, reason: reasonOf(failure) },
      { cause: failure },
    );
  }

  return {
    async warm() {
      if (!held) await refresh();
    },
    async resolve(header, token) {
      const age_s = held ? now_s() - held.at_s : Number.POSITIVE_INFINITY;
      if (age_s > STALE_LIMIT_S) await refresh();
      else if (age_s > FRESH_S) void refresh();
      const before = usable();
      try {
        return await before.resolve(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        await refresh();
        const after = usable();
        if (after !== before) return after.resolve(header, token);
        // The key may be a new one that we cannot fetch: that is not the token's fault.
        if (failure !== undefined)
          throw new StsError("issuer_unavailable", { issuer, reason: reasonOf(failure) });
        throw error;
      }
    },
  };
}

/** The innermost message: what the network or the provider really said. */
function reasonOf(failure: unknown): string {
  let reason = failure;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  return reason instanceof Error ? reason.message || reason.name : "not fetched yet";
}
