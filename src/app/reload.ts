import { changedSince, FaultError } from "../config/index.ts";
import type { Files, Loaded, Read } from "./effects.ts";
import { type InForce, inForce } from "./in-force.ts";
import { recordLoaded } from "./loaded.ts";
import { findNarrowed } from "./narrowing.ts";
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
  /** Ends what goes on beside the exchanges. */
  close(): void;
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
  let seen = files.seen;
  let turn = Promise.resolve();
  let closed = false;

  const past = pastPolicies();

  async function putInForce(read: Read): Promise<void> {
    if ("refused" in read) throw read.refused;
    const faults = needsRestart(current.loaded.config, read.loaded);
    if (faults.length > 0) throw new FaultError(faults);
    const before = current;
    const next = inForce(read.loaded, standing, before);
    await recordLoaded(journal, next.loaded, before.loaded);
    renew(next.loaded);
    current = next;
    if (next.loaded.policy.digest === before.loaded.policy.digest) return;
    past.keep(before.loaded, standing.now_s());
    const outdated = () => closed || current !== next;
    const search = { standing, next, before, past: past.find, outdated };
    // Beside the exchanges, and never at their expense.
    findNarrowed(search).catch((error: unknown) => {
      if (!outdated()) log.error({ reason: reasonOf(error) }, NOT_COMPARED);
    });
  }

  async function reload(why: string): Promise<void> {
    try {
      const read = await files.read();
      seen = read.seen; // also of what is refused, which is not read again until it changes
      await putInForce(read);
      metrics.add("reload_total", { result: "loaded" });
      log.info({ why, policy: current.loaded.policy.digest }, "reloaded");
    } catch (error) {
      metrics.add("reload_total", { result: "refused" });
      log.error(
        { why, reason: reasonOf(error) },
        "reload refused: what was loaded before stays in force",
      );
    }
  }

  const inTurn = (work: () => Promise<void>) => {
    turn = turn.then(work);
    return turn;
  };
  return {
    current: () => current,
    close() {
      closed = true;
    },
    reload: (why) => inTurn(() => reload(why)),
    look: () =>
      inTurn(async () => {
        if (await changedSince(seen)) await reload("a file has changed");
      }),
  };
}

const NOT_COMPARED = "live credentials could not be compared with the new policy";

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : "unknown");
