import type { TimeRange } from "./decision.ts";

/** Times of day in one time zone; the ranges do not overlap. */
export interface Times {
  readonly location: string;
  readonly ranges: readonly TimeRange[];
}

/**
 * Why the server would not know this time zone, undefined if it would. It looks zones up as files, so
 * that, other than here, their case counts; a wrong one costs the whole credential.
 */
export function locationFault(location: string): string | undefined {
  const unknown = "is not an IANA time zone such as Europe/Warsaw or UTC";
  if (!/^[A-Z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(location)) return unknown;
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: location }).resolvedOptions();
    const misspelt = timeZone !== location && timeZone.toLowerCase() === location.toLowerCase();
    return misspelt ? `is written ${timeZone}` : undefined;
  } catch {
    return unknown;
  }
}

/** The ranges that lie in both; undefined where none does or the time zones differ. */
export function intersectTimes(a: Times, b: Times): Times | undefined {
  if (a.location !== b.location) return undefined;
  const ranges: TimeRange[] = [];
  for (const x of a.ranges) {
    for (const y of b.ranges) {
      // Fixed-width texts: their order is that of the times.
      const [, start = ""] = [x.start, y.start].sort();
      const [end = ""] = [x.end, y.end].sort();
      if (start < end) ranges.push({ start, end });
    }
  }
  if (ranges.length === 0) return undefined;
  return { location: a.location, ranges: ranges.sort((x, y) => (x.start < y.start ? -1 : 1)) };
}
