import assert from "node:assert/strict";
import { test } from "node:test";
import { createAccount } from "@nats-io/nkeys";
import type { InForce } from "../../src/app/in-force.ts";
import { readiness } from "../../src/app/readiness.ts";
import type { Journal } from "../../src/journal/index.ts";

/** Three accounts with a key each, of which the second can be made to fail. */
function world() {
  const tried = { signatures: 0, probes: 0 };
  const state = { fails: false, writable: true };
  const signers = ["A", "B", "C"].map((name) => {
    const key = createAccount();
    const sign = async (data: Uint8Array) => {
      tried.signatures++;
      if (name === "B" && state.fails) throw new Error("the key is gone");
      return key.sign(data);
    };
    return {
      name,
      public_key: createAccount().getPublicKey(),
      signer: { public_key: key.getPublicKey(), sign },
    };
  });
  const made = () =>
    ({
      loaded: {
        config: { accounts: signers },
        policy: { digest: "d".repeat(64) },
        ring: {
          all: (account: string) =>
            signers
              .filter(({ name }) => name === account)
              .map(({ signer }) => ({ signer, state: "signing" })),
        },
      },
      world: { now_s: () => 1_800_000_000, checkClock() {} },
    }) as unknown as InForce; // what readiness looks at, of all that is in force
  const journal = {
    stats: () => ({ writable: state.writable }),
    record: async () => {
      tried.probes++;
      await new Promise(setImmediate);
    },
  } as unknown as Journal; // the same of a journal
  return { made, journal, tried, state };
}

test("whoever asks all the time keeps neither the keys nor the journal busy", async () => {
  const { made, journal, tried, state } = world();
  const one = made();
  const ready = readiness(() => one, journal);
  state.writable = false;
  const all = await Promise.all(Array.from({ length: 50 }, () => ready(true)));
  assert.deepEqual(tried, { signatures: 3, probes: 1 });
  for (const checks of all)
    assert.deepEqual(
      checks.map(({ name }) => name.split(" ")[0]),
      ["policy", "keys", "clock", "journal"],
    );
});

test("an account is named where its keys fail, and what is put in force is tried at once", async () => {
  const { made, journal, state } = world();
  let current = made();
  const ready = readiness(() => current, journal);
  const failed = async () => (await ready(true)).flatMap((check) => check.failed ?? []);
  assert.deepEqual(await failed(), []);
  state.fails = true;
  current = made();
  const [reason, ...others] = await failed();
  assert.match(reason ?? "", /^account B: /);
  assert.deepEqual(others, []);
});

test("an instance that is about to stop says so at once", async () => {
  const { made, journal } = world();
  const one = made();
  const ready = readiness(() => one, journal);
  assert.equal((await ready(true)).length, 4);
  assert.equal((await ready(false)).at(-1)?.name, "stopping");
});
