import type { Bucket } from "../config/index.ts";

/** What a limiter says: go on, come back after so many seconds, or that it cannot count one more key. */
export type Admission =
  | { readonly ok: true }
  | { readonly ok: false; readonly retry_after_s: number }
  | "full";

/** Counts events by key. */
export interface RateLimiter {
  take(key: string, now_ms: number): Admission;
  /** Keys that are counted now. */
  size(): number;
}

/** Keys that are looked at, to forget those that have come to rest, each time a new one arrives. */
const SWEPT_AT_ONCE = 8;

/**
 * A token bucket for each key, kept as one number: the time at which the bucket will be full again
 * (the generic cell rate algorithm). A counter that still counts is never forgotten to make room:
 * otherwise whoever can make keys up could reset the count of others. When there is no room a new
 * key is told so, while known ones go on.
 */
export function rateLimiter({ burst, per_s }: Bucket, limit_keys: number): RateLimiter {
  const interval_ms = 1000 / per_s;
  const tolerance_ms = interval_ms * (burst - 1);
  const full_again_ms = new Map<string, number>();
  let sweep = full_again_ms.entries();

  /** Each call looks at a few more, so that no caller pays for all. */
  function forgetSome(now_ms: number, keys: number): void {
    for (let looked = 0; looked < keys; looked++) {
      const { value, done } = sweep.next();
      if (done) {
        sweep = full_again_ms.entries();
        return;
      }
      if (value[1] <= now_ms) full_again_ms.delete(value[0]);
    }
  }

  return {
    take(key, now_ms) {
      const known = full_again_ms.get(key);
      if (known === undefined) {
        forgetSome(now_ms, SWEPT_AT_ONCE);
        if (full_again_ms.size >= limit_keys) return "full";
      }
      // A clock that was set back must not lock a key out for longer than its bucket takes to fill.
      const latest_ms = now_ms + tolerance_ms + interval_ms;
      const at_ms = Math.min(Math.max(known ?? now_ms, now_ms), latest_ms);
      const over_ms = at_ms - now_ms - tolerance_ms;
      full_again_ms.set(key, over_ms > 0 ? at_ms : at_ms + interval_ms);
      if (over_ms > 0) return { ok: false, retry_after_s: Math.ceil(over_ms / 1000) };
      return { ok: true };
    },
    size: () => full_again_ms.size,
  };
}
