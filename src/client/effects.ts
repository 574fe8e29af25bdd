import { setTimeout as delay } from "node:timers/promises";

/** The outside world, as far as a client needs it. Tests hand in their own. */
export interface ClientEffects {
  /** The network. `globalThis.fetch` fits. */
  fetch(url: string, options: RequestInit): Promise<Response>;
  /** Unix time in milliseconds. */
  now_ms(): number;
  /** A number from 0 to 1, for jitter only. */
  random(): number;
  /** Resolves after this time, or as soon as the signal is given: it never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The real network, clock, chance and timers, for programs that hand in none of their own. */
export function systemEffects(): ClientEffects {
  return {
    fetch: (url, options) => globalThis.fetch(url, options),
    now_ms: Date.now,
    random: Math.random,
    sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}),
  };
}

/** No timer runs longer at a stretch: after a suspend, or a step of the clock, this is the delay. */
const NAP_MAX_MS = 60_000;

/**
 * Sleeps until a time of the clock, but never longer than it was away at the beginning, so that
 * neither a suspended machine nor a clock that is set back makes a renewal late.
 */
export async function sleepUntil(
  at_ms: number,
  { now_ms, sleep }: Pick<ClientEffects, "now_ms" | "sleep">,
  signal: AbortSignal,
): Promise<void> {
  let left_ms = at_ms - now_ms();
  while (left_ms > 0 && now_ms() < at_ms && !signal.aborted) {
    const nap_ms = Math.min(left_ms, NAP_MAX_MS);
    await sleep(nap_ms, signal);
    left_ms -= nap_ms;
  }
}
