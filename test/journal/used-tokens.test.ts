import assert from "node:assert/strict";
import { test } from "node:test";
import { type StoredEvent, usedTokens } from "../../src/journal/index.ts";
import { issued, NOON_MS } from "./support.ts";

const USE = { digest: "t1", exp: 1000 };

const stored = (more: Parameters<typeof issued>[1] = {}): StoredEvent => ({
  seq: 1,
  at: new Date(NOON_MS).toISOString(),
  writer: "main",
  prev: "",
  ...issued("1", { token_use: USE, ...more }),
});
const replayed = { code: "token_replayed" };

test("a token that was given a credential is refused, also to whoever brings a key", () => {
  const tokens = usedTokens();
  tokens.claim(USE, undefined, 10);
  tokens.apply(stored());
  assert.throws(() => tokens.claim(USE, undefined, 20), replayed);
  assert.throws(() => tokens.claim(USE, "U1", 20), replayed);
  assert.ok(tokens.claim({ digest: "t2", exp: 1000 }, undefined, 20));
});

test("the caller's own key may try again, and no other", () => {
  const tokens = usedTokens();
  tokens.apply(stored({ own_key: true, user_public_key: "U1" }));
  assert.ok(tokens.claim(USE, "U1", 20));
  assert.throws(() => tokens.claim(USE, "U2", 20), replayed);
  assert.throws(() => tokens.claim(USE, undefined, 20), replayed);
});

test("a key that we made is nobody's own", () => {
  const tokens = usedTokens();
  tokens.apply(stored({ own_key: false, user_public_key: "U1" }));
  assert.throws(() => tokens.claim(USE, "U1", 20), replayed);
});

test("a token under way is taken, and free again when nothing came of it", () => {
  const tokens = usedTokens();
  const release = tokens.claim(USE, undefined, 10);
  assert.throws(() => tokens.claim(USE, undefined, 10), replayed);
  release();
  release();
  const [first, second] = [tokens.claim(USE, "U1", 10), tokens.claim(USE, "U1", 10)];
  first();
  first();
  assert.throws(() => tokens.claim(USE, "U2", 10), replayed, "the second is still under way");
  second();
  assert.ok(tokens.claim(USE, "U2", 10));
});

test("what is under way is in no checkpoint, and what was used is until it has expired for long", () => {
  const tokens = usedTokens();
  tokens.claim({ digest: "t0", exp: 1000 }, undefined, 10);
  tokens.apply(stored());
  tokens.apply(
    stored({ own_key: true, user_public_key: "U2", token_use: { digest: "t2", exp: 600 } }),
  );
  assert.deepEqual(
    [...tokens.checkpoint(899)],
    [
      ["t1", null, 1000],
      ["t2", "U2", 600],
    ],
  );
  const entries: unknown[] = JSON.parse(JSON.stringify([...tokens.checkpoint(900)]));
  assert.deepEqual(entries, [["t1", null, 1000]]);
  const again = usedTokens();
  again.restore([...entries, ["t2", "U2", 2000]]);
  assert.throws(() => again.claim(USE, undefined, 20), replayed);
  assert.ok(again.claim({ digest: "t2", exp: 2000 }, "U2", 20));
  for (const bad of [["t1", 1, 1000], ["t1", null, "1000"], "t1"])
    assert.throws(() => again.restore([bad]), /is not \[digest/);
});

test("a full table refuses new tokens until one has expired, and still knows the old ones", () => {
  const tokens = usedTokens({ limit_tokens: 2 });
  tokens.apply(stored({ token_use: { digest: "t1", exp: 100 } }));
  tokens.apply(
    stored({ own_key: true, user_public_key: "U2", token_use: { digest: "t2", exp: 900 } }),
  );
  const next = { digest: "t3", exp: 1000 };
  assert.throws(() => tokens.claim(next, undefined, 399), { code: "overloaded" });
  assert.throws(() => tokens.claim(USE, undefined, 399), replayed);
  tokens.claim({ digest: "t2", exp: 900 }, "U2", 399)();
  tokens.claim(next, undefined, 400);
  assert.throws(() => tokens.claim({ digest: "t4", exp: 1000 }, undefined, 400), {
    code: "overloaded",
  });
});
