import { ClientError } from "./client-error.ts";
import type { ClientEffects } from "./effects.ts";

/** How often a credential is asked for before it is given up. */
const ATTEMPTS = 4;
/** A service that asks for more time than this is not waited for: who runs the command decides. */
const RETRY_AFTER_MAX_S = 30;

const FIRST_MS = 500;
const LONGEST_MS = 60_000;

/**
 * How long to wait after the n-th failure in a row, counted from one: doubling, up to a minute, the
 * upper half of it at random, so that many clients do not come back as one. What the service asks
 * for is the least.
 */
export function backoffMs(failures: number, random: number, retry_after_s = 0): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16));
  const asked = retry_after_s * 1000;
  return Math.round(Math.max(whole * (0.5 + random / 2), asked * (1 + random / 4)));
}

/** Tries again what may pass, a few times; everything else fails at once. */
export async function retrying<T>(
  work: () => Promise<T>,
  { random, sleep }: Pick<ClientEffects, "random" | "sleep">,
  stop: AbortSignal,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (error) {
      const told = error instanceof ClientError ? error.told : {};
      const { passing = false, retry_after_s = 0 } = told;
      if (!passing || failures === ATTEMPTS || retry_after_s > RETRY_AFTER_MAX_S) throw error;
      await sleep(backoffMs(failures, random(), retry_after_s), stop);
      if (stop.aborted) throw error;
    }
  }
}
