import { StsError } from "../errors.ts";
import type { Standing } from "./standing.ts";

/** Requests that are turned away are told in the log so often at most. */
const SAY_EVERY_MS = 10_000;

/** The exchanges that are under way. */
export interface InFlight {
  /** Whether there is room for one more. Counts the request for which there is none. */
  hasRoom(): boolean;
  /** The same work, counted while it lasts; it rejects with StsError `overloaded` where there is no room. */
  counted<A, T>(work: (ask: A) => Promise<T>): (ask: A) => Promise<T>;
}

/**
 * Counts what is under way and says no to what is too much, which is neither journaled nor logged one
 * by one: nothing was decided, and whoever could cause it could fill a disk. A request counts from
 * when all of it has come, so that nobody takes up room by sending slowly.
 *
 * @param limit as it is in force now
 */
export function inFlight(
  { metrics, effects }: Pick<Standing, "metrics" | "effects">,
  limit: () => number,
): InFlight {
  let under_way = 0;
  let shed = 0;
  let said_ms = Number.NEGATIVE_INFINITY;
  metrics.onRead(() => metrics.set("in_flight", under_way));

  function hasRoom(): boolean {
    if (under_way < limit()) return true;
    metrics.add("shed_total");
    shed++;
    const now_ms = effects.now_ms();
    if (now_ms - said_ms >= SAY_EVERY_MS) {
      effects.log.warn({ in_flight: under_way, shed }, "overloaded: requests are turned away");
      said_ms = now_ms;
    }
    return false;
  }

  return {
    hasRoom,
    counted: (work) => async (ask) => {
      if (!hasRoom()) throw new StsError("overloaded", { limit: "in_flight" });
      under_way++;
      return work(ask).finally(() => under_way--);
    },
  };
}
