import { Type } from "typebox";

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const DURATION = "^[1-9][0-9]{0,5}(s|m|h|d)$";
const DURATION_OR_NONE = "^(0s|[1-9][0-9]{0,5}(s|m|h|d))$";
const RATE = "^[1-9][0-9]{0,8}/(s|m)$";

/** A duration as people write it: `30s`, `15m`, `1h`, `90d`. */
export const Duration = (options: { default?: string; description?: string } = {}) =>
  Type.String({
    pattern: DURATION,
    errorMessage: "must be a duration such as 30s, 15m, 1h or 90d",
    ...options,
  });

/** A duration that may be `0s`. */
export const DurationOrNone = (options: { default: string; description: string }) =>
  Type.String({
    pattern: DURATION_OR_NONE,
    errorMessage: "must be a duration such as 0s, 30s or 15m",
    ...options,
  });

/** A rate as people write it: `50/s`, `600/m`. */
export const Rate = (options: { default?: string; description?: string } = {}) =>
  Type.String({ pattern: RATE, errorMessage: "must be a rate such as 50/s or 600/m", ...options });

/** Seconds in a duration that fits {@link Duration} or {@link DurationOrNone}. */
export function seconds(duration: string): number {
  return Number(duration.slice(0, -1)) * SECONDS[duration.slice(-1) as keyof typeof SECONDS];
}

/** A rate as a bucket: `burst` events at once, refilled at `per_s` events a second. */
export interface Bucket {
  readonly burst: number;
  readonly per_s: number;
}

/** The bucket of a rate that fits {@link Rate}: a whole interval's worth may come at once. */
export function bucket(rate: string): Bucket {
  const [count = "", unit = "s"] = rate.split("/");
  const burst = Number(count);
  return { burst, per_s: burst / SECONDS[unit as "s" | "m"] };
}
