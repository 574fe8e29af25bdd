import type { FastifyBaseLogger } from "fastify";
import type { Bucket, HeadsConfig, LoadedConfig } from "./config/index.ts";
import { trialMint } from "./credential/index.ts";
import { StsError } from "./errors.ts";
import { exchange, refuse, type World } from "./exchange.ts";
import { type Check, httpDoor } from "./http/index.ts";
import { type Fetch, trustedIssuers } from "./identity/index.ts";
import {
  type Fold,
  HEAD_MESSAGE,
  type HeadsOptions,
  type Journal,
  keysInUse,
  openJournal,
  stdoutJournal,
} from "./journal/index.ts";
import type { KeyRing, Owner } from "./keys/index.ts";
import { rateLimiter } from "./limits/index.ts";
import type { Policy } from "./policy/index.ts";

/** What the operator wrote, read and found free of faults. */
export interface Loaded extends LoadedConfig {
  readonly ring: KeyRing;
  readonly policy: Policy;
}

/** The outside world, as far as the service needs it. */
export interface Effects {
  /** Unix time in milliseconds. */
  now_ms(): number;
  readonly fetch: Fetch;
  readonly log: FastifyBaseLogger;
  /** Who runs this process: decides which key files are safe. */
  readonly owner: Owner;
  /** Where `journal: stdout` goes. Resolves once the text was taken. */
  write(text: string): Promise<void>;
  /** Called when going on would be wrong, such as after a failed flush. */
  fatal(error: unknown): void;
}

/** The running service. */
export interface App {
  /** Where it listens. */
  readonly url: string;
  /** Lets answers in flight finish, flushes the journal, and lets go of everything. */
  close(): Promise<void>;
}

/** A key of a caller stays its own for this long after the last credential for it. */
const keyKeptUntil = (expires_at: number, max_ttl_s: number) => expires_at + max_ttl_s;

/** Puts the parts together and opens the doors. What was started is stopped again if a later part fails. */
export async function startApp(loaded: Loaded, effects: Effects): Promise<App> {
  const { config, policy } = loaded;
  const now_s = () => Math.floor(effects.now_ms() / 1000);
  const user_keys = keysInUse({ max_ttl_s: config.max_ttl_s });
  const journal = await openTheJournal(loaded, effects, [user_keys]);
  try {
    await journal.record({ type: "policy.loaded", policy: policy.digest, files: policy.files });
    const account = accountsOf(loaded);
    const admission = (by: "address" | "identity") =>
      admissionBy(by, config.limits[`rate_per_${by}`], config.limits.rate_keys, effects.now_ms);
    const world: World = {
      now_s,
      checkClock: () => checkClock(effects.now_ms(), journal.stats().last_at_ms),
      admit: admission("identity"),
      verifier: {
        issuers: trustedIssuers(config.issuers, effects.fetch, now_s),
        token_limit_bytes: config.limits.token_bytes,
        clock_skew_s: config.clock_skew_s,
      },
      public_url: config.public_url,
      policy: () => policy,
      account,
      claimUserKey: (key, digest, expires_at) =>
        user_keys.claim(key, digest, keyKeptUntil(expires_at, config.max_ttl_s), now_s()),
      record: journal.record,
      note: journal.note,
    };
    let stopping = false;
    const http = await httpDoor(
      {
        config,
        exchange: (ask) => exchange(ask, world),
        admit: admission("address"),
        refuse: (error, entry) => refuse(error, entry, world),
        ready: () => readiness(loaded, journal, account, effects.now_ms()),
        stopping: () => stopping,
      },
      effects.log,
    );
    const url = await http.listen(config.listen);
    return {
      url,
      async close() {
        stopping = true;
        await http.close();
        await journal.close();
      },
    };
  } catch (error) {
    await journal.close();
    throw error;
  }
}

function openTheJournal(
  { config }: Loaded,
  effects: Effects,
  folds: readonly Fold[],
): Promise<Journal> {
  const { journal, limits, max_ttl_s } = config;
  const common = {
    folds,
    unverified: limits.journal_unverified,
    now: effects.now_ms,
    on_fatal: effects.fatal,
  };
  if (journal !== "stdout") {
    const heads = headsOptions(journal.heads, effects);
    return openJournal({ ...common, ...journal, max_ttl_s, heads });
  }
  return Promise.resolve(stdoutJournal({ ...common, writer: "main", write: effects.write }));
}

function headsOptions(config: HeadsConfig, { log, fetch, owner }: Effects): HeadsOptions {
  return {
    ...config,
    owner,
    post: fetch,
    every(ms, run) {
      const timer = setInterval(run, ms).unref();
      return () => clearInterval(timer);
    },
    on_head: (head) => log.info(head, HEAD_MESSAGE),
    on_failure: (failure) => log.error(failure, "a journal head could not be sent"),
  };
}

/** Counts what comes in under one name, and says no to what is too much. */
function admissionBy(by: string, rate: Bucket, limit_keys: number, now_ms: () => number) {
  const limiter = rateLimiter(rate, limit_keys);
  return (key: string): void => {
    const admission = limiter.take(key, now_ms());
    if (admission === "full") throw new StsError("overloaded", { limit: `rate_keys by ${by}` });
    if (admission.ok) return;
    throw new StsError("rate_limited", { by, retry_after_s: admission.retry_after_s });
  };
}

/** A clock that stands behind what is on record would let credentials live longer than they should. */
const CLOCK_BEHIND_LIMIT_MS = 30_000;

function checkClock(now_ms: number, last_at_ms: number | undefined): void {
  if (last_at_ms !== undefined && now_ms < last_at_ms - CLOCK_BEHIND_LIMIT_MS) {
    throw new StsError("clock_unreliable", { behind_ms: last_at_ms - now_ms });
  }
}

function accountsOf({ config, ring }: Loaded): World["account"] {
  const public_keys = new Map(config.accounts.map(({ name, public_key }) => [name, public_key]));
  return (name) => {
    const public_key = public_keys.get(name);
    const signer = ring.active(name);
    if (public_key === undefined || !signer)
      throw new StsError("signer_unavailable", { account: name });
    return { public_key, signer };
  };
}

/** Tries what an exchange needs of this instance. The issuers are not ours, so they do not count. */
async function readiness(
  { config, policy }: Loaded,
  journal: Journal,
  account: World["account"],
  now_ms: number,
): Promise<Check[]> {
  const now_s = Math.floor(now_ms / 1000);
  const trial = async (name: string, work: () => Promise<unknown>): Promise<Check> => {
    try {
      await work();
      return { name };
    } catch (error) {
      return { name, failed: error instanceof Error ? error.message : "failed" };
    }
  };
  return Promise.all([
    trial(`policy ${policy.digest.slice(0, 16)}`, async () => {}),
    ...config.accounts.map(({ name }) =>
      trial(`account ${name}`, async () => trialMint(name, account(name), now_s)),
    ),
    trial("clock", async () => checkClock(now_ms, journal.stats().last_at_ms)),
    trial("journal", async () => {
      // After a failure somebody has to try again, and callers may have been sent elsewhere.
      if (!journal.stats().writable) await journal.record({ type: "journal.probed" });
    }),
  ]);
}
