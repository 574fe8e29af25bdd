import type { Bucket } from "../config/index.ts";

/** A token bucket: full at first; refilled as time passes. */
export function tokens({ burst, per_s }: Bucket): { take(now_ms: number): boolean } {
  let left = burst;
  let last_ms: number | undefined;
  return {
    take(now_ms) {
      // A clock that was set back fills nothing, and does not empty it either.
      const passed_ms = Math.max(0, now_ms - (last_ms ?? now_ms));
      last_ms = now_ms;
      left = Math.min(burst, left + (passed_ms / 1000) * per_s);
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
