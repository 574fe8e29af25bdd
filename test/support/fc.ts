import fc from "fast-check";

const { TEST_SEED = "20261128" } = process.env;

/**
 * What everything random in the tests is drawn from: the same in each run, so that a change fails for
 * what it did itself. `TEST_SEED=random` draws anew, and a failure names the seed to repeat it with.
 */
export const SEED =
  TEST_SEED === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(TEST_SEED);
fc.configureGlobal({ seed: SEED });

export { fc };
