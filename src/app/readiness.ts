import { trialMint } from "../credential/index.ts";
import type { Check } from "../http/index.ts";
import type { Journal } from "../journal/index.ts";
import type { InForce } from "./in-force.ts";

/**
 * Tries what an exchange needs of this instance. The issuers are not ours, so they do not count.
 *
 * @param staying false once it is to stop, which is reason enough to go elsewhere
 */
export async function readiness(
  { loaded, world }: InForce,
  journal: Journal,
  staying: boolean,
): Promise<Check[]> {
  const { config, policy, ring } = loaded;
  const { now_s, checkClock } = world;
  const mintWithAll = async (name: string, public_key: string) => {
    const signing = ring.all(name).filter(({ state }) => state !== "known");
    for (const { signer, state } of signing)
      await trialMint(name, { public_key, signer }, now_s(), state === "scoped");
  };
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
    ...config.accounts.map(({ name, public_key }) =>
      trial(`account ${name}`, () => mintWithAll(name, public_key)),
    ),
    trial("clock", async () => checkClock()),
    trial("journal", async () => {
      // After a failure somebody has to try again, and callers may have been sent elsewhere.
      if (!journal.stats().writable) await journal.record({ type: "journal.probed" });
    }),
    ...(staying ? [] : [{ name: "stopping", failed: "this instance is about to stop" }]),
  ]);
}
