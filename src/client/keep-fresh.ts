import { makeUserKey, type UserKey } from "../keys/index.ts";
import { ClientError } from "./client-error.ts";
import type { Held } from "./creds-file.ts";
import { type ClientEffects, sleepUntil } from "./effects.ts";
import {
  askOnce,
  type CredentialOptions,
  type FetchedCredential,
  fetchCredential,
} from "./fetch-credential.ts";
import { backoffMs } from "./retry.ts";
import { renewalMs } from "./schedule.ts";

/** What keeping fresh has to tell. Times are Unix seconds and milliseconds. */
export type FreshEvent =
  | { readonly type: "held" | "renewed"; readonly expires_at: number; readonly next_ms: number }
  | {
      readonly type: "failed";
      readonly error: unknown;
      /** Absent where there never was a credential. */
      readonly expires_at?: number;
      readonly next_ms: number;
    };

/** How to keep a credential fresh. */
export interface KeepFresh {
  /** What is there already; without it the first is fetched at once. */
  readonly held?: Held | undefined;
  /** Takes each new credential, such as by writing a file. What it throws counts as a failure. */
  take(credential: FetchedCredential): Promise<void>;
  tell(event: FreshEvent): void;
  /** Ends it. */
  readonly stop: AbortSignal;
}

/**
 * Renews a credential at 70 to 80 % of its life, under the same user key, until it is stopped.
 * While that fails, the old one stays and every failure is told; it is tried again without end,
 * also long after the old one has expired, because an outage may last longer than a credential.
 */
export async function keepFresh(
  options: CredentialOptions,
  { held: first, take, tell, stop }: KeepFresh,
  effects: ClientEffects,
): Promise<void> {
  const { now_ms, random } = effects;
  let held = first;
  let next_ms = held ? renewalMs(held, random()) : now_ms();
  if (held) tell({ type: "held", expires_at: held.expires_at, next_ms });
  for (let failures = 0; ; ) {
    await sleepUntil(next_ms, effects, stop);
    if (stop.aborted) return;
    const from_ms = now_ms();
    try {
      const credential = await renew(held?.key, (key) => askOnce(options, effects, key, stop));
      await take(credential);
      held = heldOf(credential, from_ms);
      failures = 0;
      next_ms = renewalMs(held, random());
      tell({ type: "renewed", expires_at: held.expires_at, next_ms });
    } catch (error) {
      if (stop.aborted) return;
      failures++;
      const told = error instanceof ClientError ? error.told : {};
      next_ms = now_ms() + backoffMs(failures, random(), told.retry_after_s);
      tell({ type: "failed", error, ...(held && { expires_at: held.expires_at }), next_ms });
    }
  }
}

/**
 * Renews once: a few attempts, then it throws. Resolves with undefined where what is held is still
 * good for a while.
 *
 * @throws ClientError
 */
export async function renewIfDue(
  options: CredentialOptions,
  held: Held | undefined,
  effects: ClientEffects,
  stop: AbortSignal,
): Promise<FetchedCredential | undefined> {
  const { now_ms, random } = effects;
  if (held && now_ms() < renewalMs(held, random())) return undefined;
  return renew(held?.key, (key) => fetchCredential(options, effects, key, stop));
}

/**
 * What has to be known of a credential to renew it.
 *
 * @param from_ms when it was asked for, by the clock of this machine
 */
export function heldOf(credential: FetchedCredential, from_ms: number): Held {
  const { user_public_key, seed, issued_at, expires_at, refresh_after } = credential;
  const key = { public_key: user_public_key, seed };
  return { key, issued_at, expires_at, refresh_after, from_ms };
}

/** Stays with a user key, unless it turns out to be another identity's. */
async function renew(
  key: UserKey | undefined,
  ask: (key: UserKey) => Promise<FetchedCredential>,
): Promise<FetchedCredential> {
  try {
    return await ask(key ?? makeUserKey());
  } catch (error) {
    const taken = error instanceof ClientError && error.told.code === "user_key_in_use";
    if (!taken || !key) throw error;
    return ask(makeUserKey());
  }
}
