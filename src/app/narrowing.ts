import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type Issued, type Narrowed, readEvents, type StoredEvent } from "../journal/index.ts";
import {
  diffJournaledInSteps,
  type JournaledDiff,
  narrowed,
  type OpenPolicy,
} from "../policy/index.ts";
import type { InForce } from "./in-force.ts";
import type { Standing } from "./standing.ts";

/** Credentials that are named one by one; further ones are counted. Who revokes must name them all. */
const NAMED_LIMIT = { keep: 10_000, revoke: 1_000_000 } as const;
/** Events between two turns that others get, where nothing has to be compared for them. */
const EVENTS_A_TURN = 200;
/** Comparisons that are remembered, as the same identities come again. */
const COMPARED_LIMIT = 10_000;

/** What the search works on. */
export interface NarrowingOptions {
  readonly standing: Standing;
  readonly next: InForce;
  readonly before: InForce;
  /** The policy with this digest, as it was in force while credentials lived that live now. */
  past(digest: string): OpenPolicy | undefined;
  /** No credential that lives was given for longer. */
  readonly longest_s: number;
  /** Resolves when nothing of before gives a credential any more, however long ago it was replaced. */
  readonly idle: Promise<void>;
  /** The ids of those that are named already, by a try that did not come to its end. */
  readonly named: Set<string>;
  /** True when another policy is in force by now, which is looked at by itself. */
  outdated(): boolean;
}

/**
 * Finds the live credentials that the policy in force would not give any more, names them in the
 * journal and counts them. With `on_narrow: revoke` each is named as revoked. Runs beside the
 * exchanges, since it reads as much of the journal as there are live credentials.
 */
export async function findNarrowed(options: NarrowingOptions): Promise<void> {
  const { standing, next, before, named, outdated } = options;
  const { journal, metrics } = standing;
  const { policy, config } = next.loaded;
  if (config.journal === "stdout") {
    const said = "journal: stdout keeps nothing by which live credentials could be compared";
    return standing.effects.log.warn({ policy: policy.digest }, said);
  }
  await options.idle; // what is given until then is live, too
  const folder = join(config.journal.dir, config.journal.writer);
  const verdictOf = comparing(options);
  const counts = { live: 0, surely: 0, possibly: 0 };
  for await (const event of liveCredentials(folder, options)) {
    if (outdated()) return;
    counts.live++;
    const verdict = await verdictOf(event);
    if (verdict === "no") continue;
    counts[verdict]++;
    if (named.has(event.id)) continue;
    if (named.size < NAMED_LIMIT[config.on_narrow]) {
      await journal.record(nameOf(event, next, verdict === "surely"));
      named.add(event.id);
    }
    metrics.add("credentials_narrowed_total", { sure: verdict === "surely" ? "yes" : "no" });
  }
  const { on_narrow } = config;
  const digests = { policy: policy.digest, before: before.loaded.policy.digest };
  await journal.record({ type: "policy.narrowed", ...digests, on_narrow, ...counts });
  standing.effects.log[counts.surely + counts.possibly > 0 ? "warn" : "info"](
    { ...digests, on_narrow, ...counts },
    "live credentials compared with the new policy",
  );
}

type IssuedEvent = StoredEvent & Issued;

/** Those that are on record and have not expired. */
async function* liveCredentials(folder: string, { standing, longest_s }: NarrowingOptions) {
  const now_s = standing.now_s();
  const query = {
    since_ms: (now_s - longest_s) * 1000,
    fits: (event: StoredEvent) => event.type === "credential.issued" && event.exp > now_s,
  };
  const { log } = standing.effects;
  const heard = {
    fault: (sentence: string) => log.error({ sentence }, "the journal has a fault"),
    reached: () => {},
  };
  let read = 0;
  for await (const event of readEvents(folder, query, heard)) {
    if (++read % EVENTS_A_TURN === 0) await setImmediate();
    yield event as IssuedEvent; // by what was asked for
  }
}

type Difference = (event: IssuedEvent) => JournaledDiff;

/** Compares the policy by which a credential was issued with the one in force. */
function comparing({ next, past }: NarrowingOptions) {
  let now: OpenPolicy | undefined; // as long as all live credentials are of this policy, none is read
  const differences = new Map<string, Difference | undefined>();
  const compared = new Map<string, JournaledDiff>();
  const differenceFrom = async (digest: string) => {
    if (differences.has(digest)) return differences.get(digest);
    const old = past(digest);
    await setImmediate(); // to read a policy takes as long as it is large
    if (old) now ??= next.loaded.openPolicy();
    const difference = old && now && (await differ(old, now));
    differences.set(digest, difference);
    return difference;
  };
  return async (event: IssuedEvent): Promise<"surely" | "possibly" | "no"> => {
    const { policy = "", identity, trace = [] } = event;
    if (policy === next.loaded.policy.digest) return "no";
    const matched = trace.filter(({ missed }) => missed === undefined).map(({ rule }) => rule);
    const key = JSON.stringify([policy, identity?.digest, matched]);
    const known = compared.get(key);
    if (known) return narrowed(known, event);
    const difference = await differenceFrom(policy);
    if (!difference) return "possibly"; // issued under a policy that is not known any more
    await setImmediate(); // one comparison may take as long as a policy is large
    const diff = difference(event);
    if (compared.size >= COMPARED_LIMIT) compared.clear();
    compared.set(key, diff);
    return narrowed(diff, event);
  };
}

async function differ(old: OpenPolicy, now: OpenPolicy): Promise<Difference> {
  const steps = diffJournaledInSteps(old, now);
  let step = steps.next();
  for (; !step.done; step = steps.next()) await setImmediate();
  const diff = step.value;
  return ({ identity, policy = "", trace = [] }) =>
    diff({ issuer: "", kind: "", subject: "", digest: "", ...identity, policy, trace });
}

function nameOf(event: IssuedEvent, { loaded }: InForce, sure: boolean): Narrowed {
  const { id, user_public_key, account, exp, identity } = event;
  return {
    type: loaded.config.on_narrow === "revoke" ? "credential.revoked" : "credential.narrowed",
    ...{ id, user_public_key, account, exp },
    identity_digest: identity?.digest ?? "",
    reason: "policy",
    policy: loaded.policy.digest,
    sure,
  };
}
