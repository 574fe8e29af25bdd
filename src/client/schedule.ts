import type { Held } from "./creds-file.ts";

/** Which part of its life a credential has behind it when it is renewed, where the service says nothing. */
const MIDDLE = 0.75;
/** To either side, so that what was started together is not renewed together. */
const SPREAD = 0.05;

/** When to renew: at 70 to 80 % of the lifetime, or as much around the time that the service told. */
function renewalPart(
  { issued_at, expires_at, refresh_after }: Omit<Held, "key">,
  random: number,
): number {
  const told =
    refresh_after === undefined ? MIDDLE : (refresh_after - issued_at) / (expires_at - issued_at);
  // Not so early that it never rests, nor so late that one failure is the end.
  return Math.min(0.9, Math.max(0.1, told)) + SPREAD * (2 * random - 1);
}

/** Unix milliseconds at which to renew, by the clock of this machine. */
export function renewalMs(held: Omit<Held, "key">, random: number): number {
  const lifetime_ms = (held.expires_at - held.issued_at) * 1000;
  return Math.round(held.from_ms + lifetime_ms * renewalPart(held, random));
}
