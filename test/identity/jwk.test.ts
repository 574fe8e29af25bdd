import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { calculateJwkThumbprint, type JWK } from "jose";
import { usableKeys } from "../../src/identity/jwk.ts";
import { keysOf, publicOf } from "./support.ts";

const made = await keysOf("RS256", "ES256", "ES384", "EdDSA");
const good = Object.values(made).map(publicOf);
const [rsa, ec] = [publicOf(made.RS256), publicOf(made.ES256)];
const SIG = { uses: ["sig"] };

/** Whether a key is used when it stands beside a good one. */
async function isUsed(key: unknown, rules = SIG): Promise<boolean> {
  return (await usableKeys({ keys: [key, publicOf(made.EdDSA)] }, rules)).length === 2;
}

const b64 = (bytes: readonly number[] | Buffer) => Buffer.from(bytes).toString("base64url");
const modulus = (bits: number) => b64([...Buffer.alloc(bits / 8, 0xff)]);

test("public keys for signatures are used, without what is not needed", async () => {
  const keys = await usableKeys(
    { keys: good.map((key) => ({ ...key, x5c: ["…"], extra: 1 })) },
    SIG,
  );
  assert.deepEqual(
    keys,
    good.map(({ use: _, ...key }) => key),
  );
});

test("a key that is published twice is one key, and two keys of one kid stay two", async () => {
  assert.equal((await usableKeys({ keys: [ec, { ...ec, x5t: "…" }, rsa] }, SIG)).length, 2);
  const another = { ...publicOf((await keysOf("ES256")).ES256), kid: String(ec.kid) };
  assert.equal((await usableKeys({ keys: [ec, another] }, SIG)).length, 2);
});

test("RSA keys have 2048 to 8192 bits and the exponent 65537", async () => {
  for (const bits of [2048, 3072, 4096, 8192])
    assert.ok(await isUsed({ ...rsa, n: modulus(bits) }));
  for (const bits of [512, 1024, 2040, 8200, 16_384])
    assert.ok(!(await isUsed({ ...rsa, n: modulus(bits) })), String(bits));
  const padded = b64([...Buffer.alloc(128), ...Buffer.alloc(128, 0xff)]);
  assert.ok(!(await isUsed({ ...rsa, n: padded })), "1024 bits behind zeros");
  for (const e of [
    [1, 0, 1],
    [0, 1, 0, 1],
  ])
    assert.ok(await isUsed({ ...rsa, e: b64(e) }));
  for (const e of [
    [],
    [1],
    [3],
    [17],
    [1, 0, 3],
    [1, 0, 0],
    [1, 0, 2],
    [1, 0, 0, 0, 1],
    Array(64).fill(255),
  ])
    assert.ok(!(await isUsed({ ...rsa, e: b64(e) })), String(e));
  for (const n of [undefined, 7, "", "a", "%", `${rsa.n}=`])
    assert.ok(!(await isUsed({ ...rsa, n })));
});

test("a key that Node itself makes too small is left out before anybody imports it", async () => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  assert.ok(!(await isUsed({ ...publicKey.export({ format: "jwk" }), kid: "small" })));
});

test("symmetric, private, encryption and unknown keys are left out", async () => {
  const wrong: readonly unknown[] = [
    ...[null, 1, "key", [], {}],
    { kty: "oct", k: b64([1, 2, 3]) },
    { kty: "oct", k: b64([1, 2, 3]), ...ec },
    made.ES256,
    made.RS256,
    { ...ec, use: "enc" },
    { ...ec, use: 7 },
    { ...ec, key_ops: ["sign"] },
    { ...ec, key_ops: "verify" },
    { ...ec, kid: 7 },
    { ...ec, alg: ["ES256"] },
    { ...ec, crv: "secp256k1" },
    { ...ec, crv: "__proto__" },
    { ...ec, kty: "constructor" },
    { ...ec, y: undefined },
    { kty: "OKP", crv: "X25519", x: b64(Buffer.alloc(32)) },
    { kty: "OKP", crv: "Ed448", x: b64(Buffer.alloc(57)) },
  ];
  for (const key of wrong) assert.ok(!(await isUsed(key)), JSON.stringify(key));
  const { use: _, ...without } = ec;
  assert.ok(await isUsed(without));
  assert.ok(await isUsed({ ...without, key_ops: ["verify"] }));
});

test("keys of a SPIFFE bundle count where they are asked for", async () => {
  const svid = { ...ec, use: "jwt-svid" };
  assert.ok(!(await isUsed(svid)));
  assert.ok(await isUsed(svid, { uses: ["jwt-svid", "sig"] }));
  assert.ok(!(await isUsed({ ...ec, use: "x509-svid" }, { uses: ["jwt-svid", "sig"] })));
});

test("pinned keys are the only ones, and a set without them is none", async () => {
  const thumbprints = [await calculateJwkThumbprint(ec)];
  const keys = await usableKeys({ keys: good }, { ...SIG, thumbprints });
  assert.deepEqual(
    keys.map(({ kid }) => kid),
    [ec.kid],
  );
  await assert.rejects(
    usableKeys({ keys: [rsa] }, { ...SIG, thumbprints }),
    /none of the pinned keys/,
  );
});

test("what is no key set, or one without a usable key, is refused with a reason", async () => {
  const other: JWK = { kty: "oct", k: "AAAA" };
  for (const document of [null, [], {}, { keys: {} }, { keys: [] }, { keys: [other] }, "keys"])
    await assert.rejects(usableKeys(document, SIG), /no key set|no usable key/);
  await assert.rejects(usableKeys({ keys: Array(101).fill(ec) }, SIG), /more than 100 keys/);
});
