import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { createAccount, createUser, fromPublic, fromSeed } from "@nats-io/nkeys";
import { type ErrorCode, StsError } from "../../src/errors.ts";
import { makeUserKey, proofText, provenKey, signatureFits } from "../../src/keys/index.ts";

const URL = "https://sts.example.test";
const TOKEN = "eyJhbGciOiJFUzI1NiJ9.e30.c2ln";
const bytes = (text: string) => new TextEncoder().encode(text);

const key = createUser();
const PUBLIC_KEY = key.getPublicKey();
const prove = (url = URL, token = TOKEN, by = key) =>
  Buffer.from(by.sign(bytes(proofText(url, token)))).toString("base64url");

const refusal = (code: ErrorCode) => (error: unknown) =>
  error instanceof StsError && error.code === code && !JSON.stringify(error.detail).includes(TOKEN);

test("a user key that we make is one that nkeys read, and its halves belong together", () => {
  for (let i = 0; i < 20; i++) {
    const { public_key, seed } = makeUserKey();
    const pair = fromSeed(bytes(seed));
    assert.equal(pair.getPublicKey(), public_key);
    assert.ok(fromPublic(public_key).verify(bytes("data"), pair.sign(bytes("data"))));
    assert.match(seed, /^SU[A-Z2-7]{56}$/);
  }
});

test("five thousand user keys in a row are made, all of them different", () => {
  const made = Array.from({ length: 5000 }, () => makeUserKey());
  assert.equal(new Set(made.map(({ public_key }) => public_key)).size, 5000);
  assert.equal(new Set(made.map(({ seed }) => seed)).size, 5000);
});

test("a proof is over the URL and the digest of the token, in three lines", () => {
  const digest = createHash("sha256").update(TOKEN).digest("base64url");
  assert.equal(proofText(URL, TOKEN), `nats-sts-user-key-v1\n${URL}\n${digest}`);
});

test("a caller who brought no key has none, and one who proved it has that one", () => {
  assert.equal(provenKey({}, URL, TOKEN), undefined);
  for (let i = 0; i < 20; i++) {
    const own = createUser();
    const claim = { public_key: own.getPublicKey(), proof: prove(URL, TOKEN, own) };
    assert.equal(provenKey(claim, URL, TOKEN), own.getPublicKey());
  }
});

test("a proof of something else is refused", () => {
  const other = createUser();
  const signed = (text: string) => Buffer.from(key.sign(bytes(text))).toString("base64url");
  const wrong: Record<string, string> = {
    "another token": prove(URL, `${TOKEN}x`),
    "another URL": prove("https://other.example.test"),
    "a URL with a slash": prove(`${URL}/`),
    "another key": prove(URL, TOKEN, other),
    "another version": signed(proofText(URL, TOKEN).replace("v1", "v2")),
    "a line break at the end": signed(`${proofText(URL, TOKEN)}\n`),
    "the token itself": signed(TOKEN),
    nothing: signed(""),
  };
  for (const [what, proof] of Object.entries(wrong))
    assert.throws(
      () => provenKey({ public_key: PUBLIC_KEY, proof }, URL, TOKEN),
      refusal("user_key_proof_invalid"),
      what,
    );
});

test("a proof has one spelling", () => {
  // Wait for one in which the alphabets differ.
  let token = TOKEN;
  while (!/[-_]/.test(prove(URL, token))) token += "x";
  const good = prove(URL, token);
  assert.equal(provenKey({ public_key: PUBLIC_KEY, proof: good }, URL, token), PUBLIC_KEY);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(good.slice(-1));
  const spellings: Record<string, string> = {
    padding: `${good}==`,
    "the standard alphabet": Buffer.from(good, "base64url").toString("base64").slice(0, 86),
    "the standard alphabet, padded": Buffer.from(good, "base64url").toString("base64"),
    "bits that stand for nothing": good.slice(0, -1) + alphabet[last + 1],
    hex: Buffer.from(good, "base64url").toString("hex"),
    "too short": good.slice(0, -1),
    "a signature cut short": Buffer.from(good, "base64url").subarray(0, 63).toString("base64url"),
    "a byte more": Buffer.from([...Buffer.from(good, "base64url"), 0]).toString("base64url"),
    "a blank before": ` ${good}`,
    "a line break after": `${good}\n`,
    "an empty text": "",
    "another case": good.toLowerCase(),
  };
  for (const [what, proof] of Object.entries(spellings))
    assert.throws(
      () => provenKey({ public_key: PUBLIC_KEY, proof }, URL, token),
      refusal("user_key_proof_invalid"),
      what,
    );
});

test("a signature with the order of the curve added is refused: it would be a second spelling", () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const signature = Buffer.from(prove(), "base64url");
  let s = order + BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString("hex")}`);
  for (let i = 32; i < 64; i++, s >>= 8n) signature[i] = Number(s & 255n);
  const proof = signature.toString("base64url");
  assert.throws(
    () => provenKey({ public_key: PUBLIC_KEY, proof }, URL, TOKEN),
    refusal("user_key_proof_invalid"),
  );
});

test("what is not the public key of a user is refused before its proof is looked at", () => {
  const account = createAccount();
  const keys: Record<string, string> = {
    "lower case": PUBLIC_KEY.toLowerCase(),
    "an account key": account.getPublicKey(),
    "a seed": new TextDecoder().decode(createUser().getSeed()),
    "a key cut short": PUBLIC_KEY.slice(0, -1),
    "a key with more": `${PUBLIC_KEY}A`,
    "a wrong checksum": PUBLIC_KEY.slice(0, -1) + (PUBLIC_KEY.endsWith("A") ? "B" : "A"),
    "a letter beyond ASCII": `U${String.fromCharCode(PUBLIC_KEY.charCodeAt(1) + 256)}${PUBLIC_KEY.slice(2)}`,
    nothing: "",
  };
  for (const [what, public_key] of Object.entries(keys)) {
    for (const proof of [prove(), prove(URL, TOKEN, account)])
      assert.throws(
        () => provenKey({ public_key, proof }, URL, TOKEN),
        refusal("user_key_invalid"),
        what,
      );
  }
});

test("a key without a proof and a proof without a key are refused", () => {
  for (const claim of [{ public_key: PUBLIC_KEY }, { proof: prove() }])
    assert.throws(() => provenKey(claim, URL, TOKEN), refusal("user_key_proof_invalid"));
});

test("a signature that is no signature does not fit, and does not throw", () => {
  const raw = Buffer.alloc(32, 1);
  for (const length of [0, 1, 63, 64, 65])
    assert.equal(signatureFits(raw, bytes("data"), Buffer.alloc(length)), false);
});
