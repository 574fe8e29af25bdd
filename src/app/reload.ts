import { changedSince, FaultError } from "../config/index.ts";
import type { Files, Loaded, Read } from "./effects.ts";
import { type InForce, inForce } from "./in-force.ts";
import { recordLoaded } from "./loaded.ts";
import { findNarrowed, type NarrowingOptions } from "./narrowing.ts";
import { needsRestart } from "./needs-restart.ts";
import { pastPolicies } from "./past-policies.ts";
import type { Standing } from "./standing.ts";

/** Takes up what is written now. */
export interface Reloading {
  /** What is in force now. */
  current(): InForce;
  /**
   * Reads everything and puts it in force as a whole, or leaves everything as it is and says why in
   * the log. Never rejects. Calls that come meanwhile take their turn.
   */
  reload(why: string): Promise<void>;
  /** Reloads if a file is no longer what it was when it was read last. */
  look(): Promise<void>;
  /** Ends what goes on beside the exchanges. Resolves when nothing is read any more. */
  close(): Promise<void>;
}

/**
 * All or nothing: what is read is checked and compiled, recorded, and only then put in force; with a
 * fault, or where it cannot be recorded, the last good one stays.
 *
 * @param first what is in force from the start
 * @param renew takes up what stands outside of it: the certificates of the listeners
 */
export function reloading(
  first: InForce,
  standing: Standing,
  files: Files,
  renew: (loaded: Loaded) => void,
): Reloading {
  const { metrics, journal } = standing;
  const { log } = standing.effects;
  let current = first;
  standing.trust.put(first.issuers);
  /** What the journal says is in force; undefined where it may say a part of two. */
  let told: Loaded | undefined = first.loaded;
  let seen = files.seen;
  /** What was read is to be in force and could not be: it is tried again without another change. */
  let due = false;
  let turn = Promise.resolve();
  /** A reload that was asked for and has not begun. */
  let waiting: Promise<void> | undefined;
  let closed = false;

  const past = pastPolicies();
  const searches = searching(first);
  /** A search that failed. */
  let unfinished: NarrowingOptions | undefined;

  async function tell(loaded: Loaded): Promise<void> {
    const before = told;
    told = undefined;
    await recordLoaded(journal, loaded, before);
    told = loaded;
  }

  async function putInForce(read: Read): Promise<void> {
    if ("refused" in read) throw read.refused;
    const faults = needsRestart(current.loaded.config, read.loaded);
    if (faults.length > 0) throw new FaultError(faults);
    const before = current;
    const next = inForce(read.loaded, standing, before);
    due = true;
    await tell(next.loaded);
    renew(next.loaded);
    current = next;
    standing.trust.put(next.issuers);
    due = false;
    searches.replaced(before, next);
    if (next.loaded.policy.digest === before.loaded.policy.digest) return;
    past.keep(before.loaded, standing.now_s());
    const { outdated, ...search } = searches.begin();
    const options = {
      standing,
      next,
      before,
      past: past.find,
      named: new Set<string>(),
      ...search,
    };
    compare({ ...options, outdated: () => closed || outdated() });
  }

  /** Beside the exchanges, and never at their expense. What the journal does not take is tried again. */
  function compare(options: NarrowingOptions): void {
    unfinished = undefined;
    findNarrowed(options).catch((error: unknown) => {
      if (options.outdated()) return;
      log.error({ reason: reasonOf(error) }, NOT_COMPARED);
      unfinished = options;
    });
  }

  async function reload(why: string): Promise<void> {
    try {
      const read = await files.read();
      seen = read.seen; // also of what has a fault, which is not read again until it changes
      due = false;
      await putInForce(read);
      metrics.add("reload_total", { result: "loaded" });
      log.info({ why, policy: current.loaded.policy.digest }, "reloaded");
    } catch (error) {
      metrics.add("reload_total", { result: "refused" });
      log.error(
        { why, reason: reasonOf(error) },
        "reload refused: what was loaded before stays in force",
      );
      // Where the journal cannot be told now, the next reload tells it.
      if (told !== current.loaded) await tell(current.loaded).catch(() => {});
    }
  }

  const inTurn = (work: () => Promise<void>) => {
    turn = turn
      .then(() => (closed ? undefined : work()))
      .catch((error: unknown) => log.error({ reason: reasonOf(error) }, NOT_LOOKED));
    return turn;
  };
  return {
    current: () => current,
    close() {
      closed = true;
      return turn;
    },
    reload(why) {
      // Who asks while another waits for its turn is served by that one.
      waiting ??= inTurn(() => {
        waiting = undefined;
        return reload(why);
      });
      return waiting;
    },
    look: () =>
      inTurn(async () => {
        if (due) await reload("it could not be put in force before");
        else if (await changedSince(seen)) await reload("a file has changed");
        if (unfinished) compare(unfinished);
      }),
  };
}

/** Of the searches for credentials that a policy narrows, the latest counts: it looks at all that live. */
function searching(first: InForce) {
  let latest = 0;
  let longest_s = first.loaded.config.max_ttl_s;
  let idle = Promise.resolve();
  return {
    /** Takes note of what gave credentials until now, whatever else it is replaced for. */
    replaced(before: InForce, next: InForce): void {
      longest_s = Math.max(longest_s, next.loaded.config.max_ttl_s);
      idle = Promise.all([idle, before.idle()]).then(() => {});
    },
    begin() {
      const own = ++latest;
      return { longest_s, idle, outdated: () => latest !== own };
    },
  };
}

const NOT_LOOKED = "the files could not be looked at";

const NOT_COMPARED = "live credentials could not be compared with the new policy";

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : "unknown");
