import assert from "node:assert/strict";
import { test } from "node:test";
import { PRESET_NAMES } from "../../src/config/index.ts";
import { ERRORS, StsError } from "../../src/errors.ts";
import { verify } from "../../src/identity/index.ts";
import { fc } from "../support/fc.ts";
import {
  claimsOf,
  encoded,
  issuerConfig,
  keysOf,
  type Members,
  NOW_S,
  outcomeOf,
  sign,
  verifierOf,
} from "./support.ts";

const { ES256: key } = await keysOf("ES256");
/** Every preset behind an issuer of its own, so that each row is walked through. */
const url = (preset: string) =>
  preset === "spiffe" ? "spiffe://idp.test" : `https://${preset}.test`;
const verifier = verifierOf(
  PRESET_NAMES.map((preset) =>
    issuerConfig({
      name: preset,
      url: url(preset),
      preset,
      ...(preset === "spiffe" && { jwks: { url: "spiffe://idp.test/jwks" } }),
    }),
  ),
  [key],
);
const good = await sign(key, claimsOf({ iss: url("generic") }));

/** `outcomeOf` lets everything through that is no StsError, so that the test fails with it. */
const decided = async (token: string) =>
  assert.match(await outcomeOf(token, verifier), /^[a-z_]+$/);

test("any text is refused in the usual way", async () => {
  const part = fc.oneof(
    fc.string(),
    fc.base64String(),
    fc.json().map(encoded),
    fc.constantFrom(...good.split(".")),
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(part, { maxLength: 5 }).map((p) => p.join(".")),
  );
  await fc.assert(fc.asyncProperty(text, decided), { numRuns: 400 });
});

test("a good token with one character changed is refused", async () => {
  const place = fc.nat({ max: good.length - 1 });
  const character = fc.constantFrom(..."ABCxyz019-_.=+/ \n\u0000é".split(""));
  await fc.assert(
    fc.asyncProperty(place, character, async (i, c) => {
      if (good[i] === c) return;
      const token = good.slice(0, i) + c + good.slice(i + 1);
      assert.notEqual(await outcomeOf(token, verifier), "accepted");
    }),
    { numRuns: 300 },
  );
});

const NAMES = [
  ...[
    "iss",
    "aud",
    "sub",
    "exp",
    "iat",
    "nbf",
    "jti",
    "azp",
    "client_id",
    "cid",
    "uid",
    "scope",
    "scp",
  ],
  ...[
    "typ",
    "token_use",
    "cnf",
    "events",
    "tid",
    "oid",
    "ver",
    "username",
    "ref",
    "event_name",
    "kubernetes.io",
  ],
];
const value = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    "access",
    "nats-sts",
    "alice",
    "2.0",
    "Bearer",
    "\ud800",
    "a".repeat(600),
    1e308,
    -1,
  ),
  fc.constantFrom(...PRESET_NAMES.map(url)),
);

test("whatever an issuer signs is decided", async () => {
  const claims = fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), fc.string()), value, {
    maxKeys: 6,
  });
  await fc.assert(
    fc.asyncProperty(claims, fc.constantFrom(...PRESET_NAMES), async (some, preset) => {
      const own = { iss: url(preset), ...(preset === "spiffe" && { sub: "spiffe://idp.test/a" }) };
      await decided(await sign(key, claimsOf({ ...own, ...some }), { typ: "JWT" }));
    }),
    { numRuns: 400 },
  );
});

test("whatever the header says is decided", async () => {
  const names = [
    "alg",
    "kid",
    "typ",
    "crit",
    "b64",
    "zip",
    "jwk",
    "jku",
    "x5u",
    "x5c",
    "x5t",
    "cty",
  ];
  const header = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), value, {
    maxKeys: 4,
  });
  const [, payload, signature] = good.split(".");
  await fc.assert(
    fc.asyncProperty(header, async (members: Members) => {
      await decided(
        [encoded({ alg: "ES256", typ: "at+jwt", ...members }), payload, signature].join("."),
      );
    }),
    { numRuns: 300 },
  );
});

test("whatever throws inside is a refusal, wherever it does, and tells nothing of the token", async () => {
  const [issuer] = verifierOf(
    [issuerConfig({ required_scopes: ["orders.read"] })],
    [key],
  ).issuers.values();
  assert.ok(issuer);
  const token = await sign(key, claimsOf());
  const throwing = (at: number) => {
    const failing = new Proxy(issuer, {
      get(target, name, receiver) {
        if (at-- === 0) throw new RangeError(`of ${token}`);
        return Reflect.get(target, name, receiver);
      },
    });
    return { ...verifier, issuers: new Map([[issuer.url, failing]]) };
  };
  let refused = 0;
  for (let at = 0; ; at++) {
    const outcome = await verify(token, throwing(at), NOW_S).catch((error: unknown) => error);
    if (!(outcome instanceof Error)) break;
    assert.ok(outcome instanceof StsError, String(outcome));
    assert.equal(ERRORS[outcome.code].status, 401);
    assert.match(
      String(outcome.detail["reason"]),
      /^verification stopped with RangeError at [\w-]+\.[jt]s:\d+$/,
    );
    refused++;
  }
  assert.ok(refused > 10, `${refused} places`);
});
