import assert from "node:assert/strict";
import {
  constants,
  createHash,
  createPrivateKey,
  privateEncrypt,
  sign as signRaw,
} from "node:crypto";
import { test } from "node:test";
import { type CryptoKey, compactVerify, importJWK } from "jose";
import { isSignedBy } from "../../src/identity/signed-by.ts";
import { fc } from "../support/fc.ts";
import { claimsOf, keysOf, publicOf, sign } from "./support.ts";

const ALGS = ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"] as const;
type Alg = (typeof ALGS)[number];
const keys = await keysOf(...ALGS);
const tokens = Object.fromEntries(
  await Promise.all(ALGS.map(async (alg) => [alg, await sign(keys[alg], claimsOf())] as const)),
);

// `as`: an asymmetric JWK becomes no bytes.
const keyFor = async (of: Alg, alg: Alg = of) =>
  (await importJWK({ ...publicOf(keys[of]), alg }, alg)) as CryptoKey;

/** What is signed and the signature of the token of an algorithm. */
function partsOf(alg: Alg) {
  const token = tokens[alg] ?? "";
  const end = token.lastIndexOf(".");
  return {
    signed: Buffer.from(token.slice(0, end)),
    signature: Buffer.from(token.slice(end + 1), "base64url"),
  };
}

const ours = async (alg: Alg, signature: Uint8Array, signed = partsOf(alg).signed) =>
  isSignedBy(await keyFor(alg), alg, signed, Buffer.from(signature)).catch(() => false);

const joses = async (alg: Alg, signature: Uint8Array, signed = partsOf(alg).signed) =>
  compactVerify(
    `${signed}.${Buffer.from(signature).toString("base64url")}`,
    await keyFor(alg),
  ).then(
    () => true,
    () => false,
  );

for (const alg of ALGS) {
  test(`${alg}: the signature is taken, and no other that could be made of it`, async () => {
    const { signature } = partsOf(alg);
    assert.ok(await ours(alg, signature));
    const half = signature.length / 2;
    const others = {
      empty: Buffer.alloc(0),
      zeros: Buffer.alloc(signature.length),
      ones: Buffer.alloc(signature.length, 0xff),
      shorter: signature.subarray(1),
      "cut off": signature.subarray(0, -1),
      longer: Buffer.concat([signature, Buffer.alloc(1)]),
      "with a zero before it": Buffer.concat([Buffer.alloc(1), signature]),
      twice: Buffer.concat([signature, signature]),
      "its halves changed over": Buffer.concat([
        signature.subarray(half),
        signature.subarray(0, half),
      ]),
      "its halves with a zero before each": Buffer.concat([
        ...[Buffer.alloc(1), signature.subarray(0, half)],
        ...[Buffer.alloc(1), signature.subarray(half)],
      ]),
    };
    for (const [name, other] of Object.entries(others)) assert.ok(!(await ours(alg, other)), name);
  });

  test(`${alg}: whatever is changed, jose says the same`, async () => {
    const { signed, signature } = partsOf(alg);
    const each = async (in_signature: boolean, at: number, mask: number, cut: number) => {
      const [text, bytes] = [Buffer.from(signed), Buffer.from(signature)];
      const target = in_signature ? bytes : text;
      const i = at % target.length;
      // The payload alone, and a letter for a letter, so that it stays a token.
      if (in_signature) target[i] = (target[i] ?? 0) ^ mask;
      else if (i > signed.indexOf(".")) target[i] = 0x41 + (mask % 26);
      const cropped = bytes.subarray(0, Math.max(1, bytes.length - cut));
      assert.equal(await ours(alg, cropped, text), await joses(alg, cropped, text));
    };
    const numbers = [fc.nat({ max: 1000 }), fc.nat({ max: 255 }), fc.nat({ max: 2 })] as const;
    await fc.assert(fc.asyncProperty(fc.boolean(), ...numbers, each), { numRuns: 60 });
  });

  test(`${alg}: a key that was made for another algorithm is none`, async () => {
    const { signed, signature } = partsOf(alg);
    const same = (other: Alg) => /^Ed/.test(alg) && /^Ed/.test(other); // two names for one thing
    for (const other of ALGS.filter((each) => each !== alg && !same(each)))
      assert.equal(await isSignedBy(await keyFor(other), alg, signed, signature), false, other);
  });
}

test("one RSA key under two algorithms is two keys", async () => {
  const { signed, signature } = partsOf("RS256");
  const crossed = await keyFor("RS256", "PS256");
  assert.equal(await isSignedBy(crossed, "RS256", signed, signature), false);
  assert.equal(await isSignedBy(crossed, "PS256", signed, signature), false);
});

test("an ECDSA signature in DER, or with numbers out of their range, is refused", async () => {
  for (const [alg, hash, order] of [
    ["ES256", "sha256", "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"],
    [
      ...(["ES384", "sha384"] as const),
      "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    ],
  ] as const) {
    const { signed, signature } = partsOf(alg);
    const key = createPrivateKey({ key: { ...keys[alg] }, format: "jwk" });
    assert.ok(!(await ours(alg, signRaw(hash, signed, key))), "DER");
    const [n, half] = [Buffer.from(order, "hex"), signature.length / 2];
    const [r, s] = [signature.subarray(0, half), signature.subarray(half)];
    const zero = Buffer.alloc(half);
    const one = Buffer.concat([Buffer.alloc(half - 1), Buffer.of(1)]);
    for (const pair of [
      ...[
        [zero, s],
        [r, zero],
        [n, s],
        [r, n],
        [n, n],
        [one, one],
        [n, one],
        [one, zero],
      ],
    ])
      assert.ok(!(await ours(alg, Buffer.concat(pair))), pair.map(String).join());
  }
});

test("a PSS signature whose salt is not as long as the hash is refused", async () => {
  const { signed } = partsOf("PS256");
  const key = createPrivateKey({ key: { ...keys.PS256 }, format: "jwk" });
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const made = (saltLength: number, hash = "sha256") =>
    ours("PS256", signRaw(hash, signed, { key, padding, saltLength }));
  assert.ok(await made(32));
  for (const saltLength of [0, 20, 31, 33, 64, 222])
    assert.ok(!(await made(saltLength)), `${saltLength}`);
  assert.ok(!(await made(32, "sha512")), "another hash");
});

test("a PKCS #1 signature is refused unless every byte of its padding is right", async () => {
  const { signed, signature } = partsOf("RS256");
  const key = createPrivateKey({ key: { ...keys.RS256 }, format: "jwk" });
  const digest = createHash("sha256").update(signed).digest();
  const info = Buffer.from("3031300d060960864801650304020105000420", "hex");
  const raw = (bytes: Buffer) => privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, bytes);
  const padded = (tail: Buffer, { type = 1, fill = 0xff, garbage = 0 } = {}) => {
    const head = Buffer.alloc(256 - 3 - tail.length - garbage, fill);
    return Buffer.concat([Buffer.of(0, type), head, Buffer.of(0), tail, Buffer.alloc(garbage, 7)]);
  };
  const good = Buffer.concat([info, digest]);
  assert.deepEqual(raw(padded(good)), signature);
  const indefinite = Buffer.from("3080300d060960864801650304020105000420", "hex");
  for (const forged of [
    padded(good, { garbage: 100 }),
    padded(good, { type: 2 }),
    padded(good, { type: 0, fill: 0 }),
    padded(good, { fill: 0xfe }),
    padded(digest),
    padded(Buffer.concat([info, digest, Buffer.of(0, 0)])),
    padded(Buffer.concat([indefinite, digest])),
    padded(Buffer.concat([info, createHash("sha256").update("x").digest()])),
  ])
    assert.ok(!(await ours("RS256", raw(forged))));
  assert.ok(!(await ours("RS256", signRaw("sha1", signed, key))), "another hash");
  const n = Buffer.from(String(keys.RS256.n), "base64url");
  const sum = (
    BigInt(`0x${signature.toString("hex")}`) + BigInt(`0x${n.toString("hex")}`)
  ).toString(16);
  assert.ok(
    !(await ours("RS256", Buffer.from(sum.padStart(sum.length + (sum.length % 2), "0"), "hex"))),
  );
});

test("an Ed25519 signature with its number in a second spelling is refused", async () => {
  const { signature } = partsOf("EdDSA");
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const little = Buffer.from(signature.subarray(32)).reverse();
  const sum = (BigInt(`0x${little.toString("hex")}`) + order).toString(16).padStart(64, "0");
  const other = Buffer.concat([signature.subarray(0, 32), Buffer.from(sum, "hex").reverse()]);
  assert.equal(other.length, 64);
  assert.ok(!(await ours("EdDSA", other)));
});
