import type { Bucket } from "../config/index.ts";
import { StsError } from "../errors.ts";
import { type RateLimiter, rateLimiter } from "../limits/index.ts";
import type { Metrics } from "../metrics/index.ts";

/** A rate by key that says no by throwing. */
export interface Admission {
  /** Throws StsError `rate_limited`, `overloaded`. */
  admit(key: string): void;
  readonly limiter: RateLimiter;
}

/** Counts what comes in under one name, and says no to what is too much. */
export function admissionBy(
  by: "address" | "identity",
  rate: Bucket,
  limit_keys: number,
  metrics: Metrics,
  now_ms: () => number,
): Admission {
  const limiter = rateLimiter(rate, limit_keys);
  return {
    limiter,
    admit(key) {
      const admission = limiter.take(key, now_ms());
      if (admission === "full") throw new StsError("overloaded", { limit: `rate_keys by ${by}` });
      if (admission.ok) return;
      metrics.add("rate_limited_total", { by });
      throw new StsError("rate_limited", { by, retry_after_s: admission.retry_after_s });
    },
  };
}

/** A clock that stands behind what is on record would let credentials live longer than they should. */
const CLOCK_BEHIND_LIMIT_MS = 30_000;

/** @throws StsError `clock_unreliable` */
export function checkClock(now_ms: number, last_at_ms: number | undefined): void {
  if (last_at_ms !== undefined && now_ms < last_at_ms - CLOCK_BEHIND_LIMIT_MS) {
    throw new StsError("clock_unreliable", { behind_ms: last_at_ms - now_ms });
  }
}
