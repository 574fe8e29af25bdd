import { trialMint } from "../credential/index.ts";
import type { Check } from "../http/index.ts";
import type { Journal } from "../journal/index.ts";
import type { InForce } from "./in-force.ts";

/** So long a trial with the keys is good: whoever asks all the time must not keep them busy. */
const GOOD_MS = 1_000;

/**
 * Tries what an exchange needs of this instance. The issuers are not ours, so they do not count. An
 * account is named where its keys fail, and not otherwise: which there are is for those who hold them.
 *
 * @returns what tries; `staying` is false once it is to stop, which is reason enough to go elsewhere
 */
export function readiness(
  current: () => InForce,
  journal: Journal,
): (staying: boolean) => Promise<Check[]> {
  const keys = kept(current, ({ loaded, world }) =>
    trial("keys", () => mintWithAll(loaded, world)),
  );
  let probing: Promise<unknown> | undefined;
  /** After a failure somebody has to try again, and callers may have been sent elsewhere. */
  const probe = async () => {
    if (journal.stats().writable) return;
    probing ??= journal.record({ type: "journal.probed" }).finally(() => {
      probing = undefined;
    });
    await probing;
  };
  return async (staying) => {
    const { loaded, world } = current();
    return Promise.all([
      { name: `policy ${loaded.policy.digest.slice(0, 16)}` },
      keys(),
      trial("clock", async () => world.checkClock()),
      trial("journal", probe),
      ...(staying ? [] : [{ name: "stopping", failed: "this instance is about to stop" }]),
    ]);
  };
}

async function mintWithAll(
  { config, ring }: InForce["loaded"],
  { now_s }: InForce["world"],
): Promise<void> {
  for (const { name, public_key } of config.accounts) {
    for (const { signer, state } of ring.all(name).filter(({ state }) => state !== "known")) {
      await trialMint(name, { public_key, signer }, now_s(), state === "scoped").catch((cause) => {
        throw new Error(`account ${name}: ${messageOf(cause)}`, { cause });
      });
    }
  }
}

async function trial(name: string, work: () => Promise<unknown>): Promise<Check> {
  try {
    await work();
    return { name };
  } catch (error) {
    return { name, failed: messageOf(error) };
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : "failed");

/** One trial at a time, for all who ask meanwhile and a moment later; another after a reload. */
function kept(current: () => InForce, work: (now: InForce) => Promise<Check>) {
  let last: { of: InForce; until_ms: number; result: Promise<Check> } | undefined;
  return () => {
    const of = current();
    if (last?.of !== of || performance.now() > last.until_ms)
      last = { of, until_ms: performance.now() + GOOD_MS, result: work(of) };
    return last.result;
  };
}
