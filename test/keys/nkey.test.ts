import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { test } from "node:test";
import * as nkeys from "@nats-io/nkeys";
import {
  base32,
  decodePublicKey,
  decodeSeed,
  encodePublicKey,
  encodeSeed,
  fromBase32,
  type NkeyKind,
} from "../../src/keys/nkey.ts";
import { fc } from "../support/fc.ts";

const MAKE: Readonly<Record<NkeyKind, () => nkeys.KeyPair>> = {
  operator: nkeys.createOperator,
  account: nkeys.createAccount,
  user: nkeys.createUser,
  server: nkeys.createServer,
  cluster: nkeys.createCluster,
  curve: nkeys.createCurve,
};
const KINDS = Object.keys(MAKE) as NkeyKind[]; // its own keys
const ascii = (text: string) => Buffer.from(text, "latin1");
const seedOf = (key: nkeys.KeyPair) => new TextDecoder().decode(key.getSeed());

for (const kind of KINDS) {
  test(`${kind} keys of the nkeys library are read, and written the same`, () => {
    for (let i = 0; i < 100; i++) {
      const key = MAKE[kind]();
      const seed = seedOf(key);
      const decoded = decodeSeed(ascii(seed));
      assert.equal(decoded?.kind, kind);
      assert.equal(encodeSeed(kind, decoded?.raw ?? new Uint8Array()), seed);
      const public_key = key.getPublicKey();
      const raw = decodePublicKey(kind, public_key);
      assert.equal(encodePublicKey(kind, raw ?? new Uint8Array()), public_key);
      for (const other of KINDS.filter((each) => each !== kind))
        assert.equal(decodePublicKey(other, public_key), undefined, other);
    }
  });
}

test("thousands of random seeds and public keys of every kind are what the nkeys library reads", () => {
  for (let i = 0; i < 1000; i++) {
    for (const kind of KINDS) {
      const raw = randomBytes(32);
      const public_key = encodePublicKey(kind, raw);
      // The library reads no public key of a curve pair.
      if (kind !== "curve") assert.equal(nkeys.fromPublic(public_key).getPublicKey(), public_key);
      assert.deepEqual(Buffer.from(decodePublicKey(kind, public_key) ?? []), raw);
      const seed = encodeSeed(kind, raw);
      const read =
        kind === "curve" ? nkeys.fromCurveSeed(ascii(seed)) : nkeys.fromSeed(ascii(seed));
      assert.equal(seedOf(read), seed);
      assert.deepEqual(Buffer.from(decodeSeed(ascii(seed))?.raw ?? []), raw);
    }
  }
});

test("every single changed, missing or added character is refused", () => {
  const seed = seedOf(nkeys.createAccount());
  const public_key = nkeys.createAccount().getPublicKey();
  const variants = (text: string) => [
    ...Array.from(text, (letter, i) => {
      const other = letter === "A" ? "B" : "A";
      return text.slice(0, i) + other + text.slice(i + 1);
    }),
    ...Array.from(text, (_, i) => text.slice(0, i) + text.slice(i + 1)),
    ...Array.from(text, (_, i) => `${text.slice(0, i)}A${text.slice(i)}`),
  ];
  for (const text of variants(seed)) assert.equal(decodeSeed(ascii(text)), undefined);
  for (const text of variants(public_key))
    assert.equal(decodePublicKey("account", text), undefined);
});

test("lower case, padding, blanks and digits that base32 lacks are refused", () => {
  const seed = seedOf(nkeys.createAccount());
  const key = nkeys.createAccount().getPublicKey();
  const change = (text: string) => [
    text.toLowerCase(),
    text[0]?.toLowerCase() + text.slice(1),
    `${text}=`,
    `${text} `,
    ` ${text}`,
    `${text}\n`,
    ...["0", "1", "8", "9", "=", "-", "\0", "é"].map((c) => text.slice(0, -1) + c),
  ];
  for (const text of change(seed))
    assert.equal(
      decodeSeed(Buffer.from(text, "latin1")),
      undefined,
      JSON.stringify(text.slice(57)),
    );
  for (const text of [...change(key), ""])
    assert.equal(decodePublicKey("account", text), undefined);
});

test("a letter beyond ASCII is not taken for the one in its low byte", () => {
  const key = nkeys.createUser().getPublicKey();
  for (let i = 0; i < key.length; i++) {
    const letter = String.fromCharCode(key.charCodeAt(i) + 0x100);
    assert.equal(decodePublicKey("user", key.slice(0, i) + letter + key.slice(i + 1)), undefined);
  }
});

test("bits that stand for nothing must be zero, so that a seed has one spelling", () => {
  const seed = seedOf(nkeys.createAccount());
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const last = alphabet.indexOf(seed.slice(-1));
  assert.equal(last % 4, 0); // 290 bits hold 36 bytes and 2 more
  for (const more of [1, 2, 3])
    assert.equal(decodeSeed(ascii(seed.slice(0, -1) + alphabet[last + more])), undefined);
});

test("a seed prefix or a kind that nkeys do not have is refused though its CRC fits", () => {
  const fitting = encodeSeed("account", randomBytes(32));
  assert.ok(decodeSeed(ascii(fitting)));
  const raw = fromBase32(ascii(encodePublicKey("account", randomBytes(32)))) ?? new Uint8Array();
  assert.equal(decodeSeed(ascii(base32(raw).padEnd(58, "A"))), undefined);
  const private_key = nkeys.createAccount().getPrivateKey();
  assert.equal(decodeSeed(private_key), undefined);
});

test("decoding a seed leaves nothing of it in what the caller gave, but for what the caller wipes", () => {
  const text = ascii(seedOf(nkeys.createAccount()));
  const before = Buffer.from(text);
  const { raw } = decodeSeed(text) ?? { raw: new Uint8Array() };
  assert.deepEqual(text, before); // the caller's bytes are the caller's to wipe
  assert.equal(raw.byteLength, raw.buffer.byteLength); // not a window on more
  raw.fill(0);
});

test("base32 is undone by its inverse for any bytes, and any bytes decode to something or nothing", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      assert.deepEqual(fromBase32(ascii(base32(bytes))), bytes);
      assert.doesNotThrow(() => decodeSeed(bytes));
    }),
  );
  fc.assert(
    fc.property(fc.string({ minLength: 50, maxLength: 60 }), (text) => {
      for (const kind of KINDS) assert.equal(decodePublicKey(kind, text), undefined);
    }),
  );
  for (let i = 0; i < 1000; i++)
    assert.equal(decodeSeed(randomBytes(randomInt(50, 70))), undefined);
});
