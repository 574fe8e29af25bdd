import { StsError } from "../errors.ts";
import { exchange, refuse, type World } from "../exchange.ts";
import { httpDoor, metricsDoor } from "../http/index.ts";
import { trustedIssuers, usedProofs } from "../identity/index.ts";
import { type Journal, type JournalEvent, keysInUse, usedTokens } from "../journal/index.ts";
import { createMetrics, type Metrics } from "../metrics/index.ts";
import { admissionBy, checkClock } from "./admission.ts";
import type { Effects, Loaded } from "./effects.ts";
import { openTheJournal } from "./journal.ts";
import { countDecision, lookUpOnRead, timer } from "./measures.ts";
import { readiness } from "./readiness.ts";

/** The running service. */
export interface App {
  /** Where callers come in. */
  readonly url: string;
  /** Where metrics are read. */
  readonly metrics_url: string;
  /** Lets answers in flight finish, flushes the journal, and lets go of everything. */
  close(): Promise<void>;
}

/** Puts the parts together and opens the doors. What was started is stopped again if a later part fails. */
export async function startApp(loaded: Loaded, effects: Effects): Promise<App> {
  const { config, policy } = loaded;
  const metrics = createMetrics();
  const user_keys = keysInUse({ max_ttl_s: config.max_ttl_s });
  const used_tokens = usedTokens();
  const folds = [user_keys, used_tokens];
  const journal = await openTheJournal(loaded, effects, metrics, folds);
  const undo: (() => Promise<unknown>)[] = [() => journal.close()];
  const close = async () => {
    for (const stop of undo.splice(0).reverse()) await stop();
  };
  try {
    await journal.record({ type: "policy.loaded", policy: policy.digest, files: policy.files });
    const { rate_per_address, rate_per_identity, rate_keys } = config.limits;
    const admissions = {
      address: admissionBy("address", rate_per_address, rate_keys, metrics, effects.now_ms),
      identity: admissionBy("identity", rate_per_identity, rate_keys, metrics, effects.now_ms),
    };
    const now_s = () => Math.floor(effects.now_ms() / 1000);
    const issuers = trustedIssuers(config.issuers, effects.fetch, now_s);
    const timed = timer(metrics);
    const world: World = {
      now_s,
      timed,
      ...recording(journal, metrics),
      checkClock: () => checkClock(effects.now_ms(), journal.stats().last_at_ms),
      admit: admissions.identity.admit,
      verifier: {
        issuers,
        token_limit_bytes: config.limits.token_bytes,
        clock_skew_s: config.clock_skew_s,
        proofs: usedProofs(),
      },
      public_url: config.public_url,
      policy: () => policy,
      account: accountsOf(loaded),
      // A key of a caller stays its own for this long after the last credential for it.
      claimUserKey: (key, digest, expires_at) =>
        user_keys.claim(key, digest, expires_at + config.max_ttl_s, now_s()),
      claimToken: (use, user_key) => (use ? used_tokens.claim(use, user_key, now_s()) : () => {}),
    };
    lookUpOnRead(metrics, loaded, { issuers, journal, admissions, started_s: now_s() });

    const metrics_door = metricsDoor(config, metrics, effects.log);
    undo.push(() => metrics_door.close());
    const metrics_url = await metrics_door.listen(config.metrics_listen);
    let stopping = false;
    const door = await httpDoor(
      {
        config,
        exchange: counted(metrics, (ask) => timed("exchange", () => exchange(ask, world))),
        admit: admissions.address.admit,
        refuse: (error, entry) => refuse(error, entry, world),
        ready: () => readiness(loaded, journal, world),
        stopping: () => stopping,
      },
      effects.log,
    );
    undo.push(() => {
      stopping = true;
      return door.close();
    });
    return { url: await door.listen(config.listen), metrics_url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The journal, as the line uses it, with what it is told counted. */
function recording(journal: Journal, metrics: Metrics): Pick<World, "record" | "note"> {
  return {
    async record(event: JournalEvent) {
      await journal.record(event);
      countDecision(metrics, event);
    },
    note(event: JournalEvent) {
      countDecision(metrics, event); // also where the journal has no room for it
      return journal.note(event);
    },
  };
}

/** How many are under way. */
function counted<A, T>(metrics: Metrics, work: (ask: A) => Promise<T>): (ask: A) => Promise<T> {
  let in_flight = 0;
  metrics.onRead(() => metrics.set("in_flight", in_flight));
  return async (ask) => {
    in_flight++;
    return work(ask).finally(() => in_flight--);
  };
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
