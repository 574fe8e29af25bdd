import assert from "node:assert/strict";
import { test } from "node:test";
import { trustedIssuers, verify } from "../../src/identity/index.ts";
import {
  type Kept,
  type KeyStore,
  KeysWithdrawn,
  keySet,
  STALE_LIMIT_S,
} from "../../src/identity/jwks.ts";
import { newSigningKey } from "../support/provider-keys.ts";
import {
  claimsOf,
  issuerConfig,
  keysOf,
  NOW_S,
  outcomeOf,
  publicOf,
  refusalOf,
  SKEW_S,
  sign,
} from "./support.ts";

const keys = await keysOf("ES256", "ES384", "EdDSA");
const LONG = { max_token_lifetime_s: 10 * STALE_LIMIT_S, max_token_age_s: 10 * STALE_LIMIT_S };

/** A verifier over a key set whose provider and clock the test holds in its hands. */
function setup(store?: KeyStore, stale_limit_s?: number) {
  const state = {
    now_s: NOW_S,
    published: [publicOf(keys.ES256)],
    down: false,
    withdrawn: false,
    fetches: 0,
    wait: Promise.resolve(),
  };
  const set = keySet({
    issuer: "corp",
    now_s: () => state.now_s,
    store,
    stale_limit_s,
    async fetchKeys() {
      state.fetches++;
      await state.wait;
      if (state.down) throw new TypeError("fetch failed", { cause: new Error("ECONNREFUSED") });
      if (state.withdrawn) throw new TypeError("wrapped", { cause: new KeysWithdrawn("gone") });
      return { keys: [...state.published] };
    },
  });
  const [issuer] = trustedIssuers([issuerConfig(LONG)], fetch, () => state.now_s).values();
  if (!issuer) throw new Error("there is one");
  const verifier = {
    issuers: new Map([[issuer.url, { ...issuer, keys: set }]]),
    token_limit_bytes: 12_288,
    clock_skew_s: SKEW_S,
  };
  const token = (key = keys.ES256) =>
    sign(key, claimsOf({ iat: state.now_s, exp: state.now_s + 300 }));
  return {
    state,
    set,
    token,
    outcome: async (key = keys.ES256) => outcomeOf(await token(key), verifier, state.now_s),
    refusal: async (key = keys.ES256) => refusalOf(await token(key), verifier, state.now_s),
    verify: (text: string) => verify(text, verifier, state.now_s),
  };
}

/** A store, and what is in it. */
function memory() {
  let kept: Kept | undefined;
  const put = async (fresh?: Kept) => {
    kept = fresh;
  };
  const store: KeyStore = { load: async () => kept, save: put, drop: () => put() };
  return { store, kept: () => kept };
}

test("keys are fetched when they are first needed, once for all who wait", async () => {
  const { state, token, verify } = setup();
  assert.equal(state.fetches, 0);
  const texts = await Promise.all(Array.from({ length: 20 }, () => token()));
  await Promise.all(texts.map(verify));
  assert.equal(state.fetches, 1);
});

test("a provider that is down at the start is unavailable, and is asked again after a gap", async () => {
  const { state, outcome, refusal } = setup();
  state.down = true;
  const { code, detail } = await refusal();
  assert.deepEqual(
    [code, detail],
    ["issuer_unavailable", { issuer: "corp", reason: "ECONNREFUSED" }],
  );
  for (let i = 0; i < 50; i++) assert.equal(await outcome(), "issuer_unavailable");
  assert.equal(state.fetches, 1);
  state.down = false;
  state.now_s += 5;
  assert.equal(await outcome(), "accepted");
  assert.equal(state.fetches, 2);
});

test("keys go on being used while they are refreshed in the background", async () => {
  const { state, outcome } = setup();
  assert.equal(await outcome(), "accepted");
  let arrive = () => {};
  state.wait = new Promise((resolve) => {
    arrive = resolve;
  });
  state.now_s += 601;
  assert.equal(await outcome(), "accepted");
  assert.equal(state.fetches, 2);
  arrive();
});

test("after an hour without callers a withdrawn key is not used before the provider was asked", async () => {
  const { state, outcome } = setup();
  assert.equal(await outcome(), "accepted");
  state.published = [publicOf(keys.ES384)];
  state.now_s += 3601;
  assert.equal(await outcome(), "token_signature_invalid");
  assert.equal(state.fetches, 2);
});

test("while a provider hangs, one caller waits for it, and those who come after do not", async () => {
  const { state, outcome } = setup();
  assert.equal(await outcome(), "accepted");
  let give_up = () => {};
  state.wait = new Promise((resolve) => {
    give_up = resolve;
  });
  state.down = true;
  state.now_s += 7200;
  const first = outcome();
  while (state.fetches < 2) await new Promise(setImmediate);
  state.now_s += 5; // the limit of a fetch
  give_up();
  assert.equal(await first, "accepted");
  state.wait = new Promise(() => {});
  state.now_s += 1;
  assert.equal(await outcome(), "accepted");
  assert.equal(state.fetches, 3);
});

test("a provider that says that its keys are no more ends the trust in them, also in those kept", async () => {
  const { store, kept } = memory();
  const { state, outcome, refusal } = setup(store);
  assert.equal(await outcome(), "accepted");
  state.withdrawn = true;
  state.now_s += 601;
  assert.equal(await outcome(), "accepted", "it is asked in the background");
  await new Promise(setImmediate);
  const { code, detail } = await refusal();
  assert.deepEqual([code, detail], ["issuer_unavailable", { issuer: "corp", reason: "gone" }]);
  assert.equal(kept(), undefined);
  state.withdrawn = false;
  state.now_s += 5;
  assert.equal(await outcome(), "accepted");
});

test("how long an outage does not matter can be set", async () => {
  const { state, outcome } = setup(undefined, 900);
  assert.equal(await outcome(), "accepted");
  state.down = true;
  state.now_s += 900;
  assert.equal(await outcome(), "accepted");
  state.now_s += 1;
  assert.equal(await outcome(), "issuer_unavailable");
});

test("an outage does not matter to known keys for a day, and not longer", async () => {
  const { state, set, outcome } = setup();
  await set.warm();
  state.down = true;
  for (const later_s of [700, 7200, STALE_LIMIT_S - 7900]) {
    state.now_s += later_s;
    assert.equal(await outcome(), "accepted");
  }
  assert.equal(set.stats().age_s, STALE_LIMIT_S);
  state.now_s += 1;
  assert.equal(await outcome(), "issuer_unavailable");
  state.down = false;
  state.now_s += 5;
  assert.equal(await outcome(), "accepted");
  assert.deepEqual(set.stats(), { age_s: 0, refreshed: 2, failed: 3, not_kept: 0 });
});

test("a rotated key is found at once after the gap, and the one that left is refused", async () => {
  const { state, outcome } = setup();
  assert.equal(await outcome(), "accepted");
  state.published = [publicOf(keys.ES384)];
  assert.equal(await outcome(keys.ES384), "token_signature_invalid");
  state.now_s += 30;
  assert.equal(await outcome(keys.ES384), "accepted");
  assert.equal(await outcome(keys.ES256), "token_signature_invalid");
  assert.equal(state.fetches, 2);
});

test("a storm of unknown key ids costs one fetch a gap", async () => {
  const { state, outcome } = setup();
  await outcome();
  for (let second = 0; second < 120; second++) {
    state.now_s++;
    const stranger = { ...keys.EdDSA, kid: `unknown-${second}` };
    await Promise.all([outcome(stranger), outcome(stranger), outcome(stranger)]);
  }
  assert.equal(state.fetches, 1 + 120 / 30);
});

test("in an outage an unknown key is nobody's fault, known ones work, and a storm stays cheap", async () => {
  const { state, outcome } = setup();
  await outcome();
  state.down = true;
  state.now_s += 40;
  for (let i = 0; i < 200; i++) assert.equal(await outcome(keys.EdDSA), "issuer_unavailable");
  assert.equal(await outcome(), "accepted");
  assert.equal(state.fetches, 2);
  state.down = false;
  state.now_s += 5;
  assert.equal(await outcome(keys.EdDSA), "token_signature_invalid");
});

test("a clock that is set back neither stops the fetches nor keeps keys for longer", async () => {
  const { state, outcome } = setup();
  assert.equal(await outcome(), "accepted");
  state.now_s -= 3600;
  assert.equal(await outcome(), "accepted");
  assert.equal(state.fetches, 2);
  state.down = true;
  state.now_s -= 3 * STALE_LIMIT_S;
  assert.equal(await outcome(), "issuer_unavailable");
});

test("without kid, one key that fits is enough, and of several none is guessed", async () => {
  const { state, outcome } = setup();
  const { kid: _, ...nameless } = keys.ES256;
  assert.equal(await outcome(nameless), "accepted");
  state.published = [publicOf(keys.ES256), publicOf(await newSigningKey("ES256"))];
  state.now_s += 601;
  await outcome();
  await new Promise(setImmediate);
  assert.equal(await outcome(), "accepted");
  assert.equal(await outcome(nameless), "token_signature_invalid");
});

test("kept keys verify after a start during an outage, until they are too old", async () => {
  const { store, kept } = memory();
  const before = setup(store);
  assert.equal(await before.outcome(), "accepted");
  assert.equal(kept()?.at_s, NOW_S);

  for (const [later_s, expected] of [
    [3600, "accepted"],
    [STALE_LIMIT_S, "accepted"],
    [STALE_LIMIT_S + 1, "issuer_unavailable"],
  ] as const) {
    const { state, outcome } = setup(store);
    state.down = true;
    state.now_s += later_s;
    assert.equal(await outcome(), expected);
  }
});

test("a store that hangs keeps nobody waiting", async () => {
  const hangs = () => new Promise<never>(() => {});
  const none = async () => undefined;
  const { state, set, outcome } = setup({ load: none, save: hangs, drop: hangs });
  assert.equal(await outcome(), "accepted");
  state.now_s += 3601;
  assert.equal(await outcome(), "accepted");
  assert.equal(set.stats().not_kept, 0, "the one that hangs may still end");
  for (let i = 0; i < 2; i++) {
    state.now_s += 3601;
    assert.equal(await outcome(), "accepted");
  }
  assert.equal(set.stats().not_kept, 2);
});

test("what is kept is waited for no longer than an answer of the provider", async (t) => {
  const alive = setInterval(() => {}, 1000); // the limit alone lets a process end
  t.after(() => clearInterval(alive));
  const hangs = () => new Promise<never>(() => {});
  const { outcome } = setup({ load: hangs, save: hangs, drop: hangs });
  assert.equal(await outcome(), "accepted");
});

test("a store that fails is as if there were none", async () => {
  const fails = () => Promise.reject(new Error("EIO"));
  const { state, outcome } = setup({ load: fails, save: fails, drop: fails });
  assert.equal(await outcome(), "accepted");
  assert.equal(await outcome(), "accepted");
  assert.equal(state.fetches, 1);
});
