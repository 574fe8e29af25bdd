import assert from "node:assert/strict";
import { test } from "node:test";
import { createLocalJWKSet, type JWTVerifyOptions, jwtVerify } from "jose";
import { PRESET_NAMES } from "../../src/config/index.ts";
import type { Verifier } from "../../src/identity/index.ts";
import { fc } from "../support/fc.ts";
import { configOf, headerOf, payloadOf, sampleOf } from "./samples.ts";
import {
  claimsOf,
  issuerConfig,
  keysOf,
  type Members,
  NOW_S,
  outcomeOf,
  publicOf,
  SKEW_S,
  sign,
  verifierOf,
} from "./support.ts";

const keys = await keysOf("RS256", "ES256", "ES384");
const set = createLocalJWKSet({ keys: Object.values(keys).map(publicOf) });

/** What jose checks when it is asked to check all that it can. */
const joseAccepts = (token: string, options: JWTVerifyOptions) =>
  jwtVerify(token, set, {
    currentDate: new Date(NOW_S * 1000),
    clockTolerance: SKEW_S,
    algorithms: ["RS256", "ES256", "ES384"],
    requiredClaims: ["exp", "sub"],
    ...options,
  }).then(
    () => true,
    () => false,
  );

/** Fails where we accept what jose refuses; true where we accept. */
async function compare(token: string, verifier: Verifier, options: JWTVerifyOptions) {
  if ((await outcomeOf(token, verifier)) !== "accepted") return false;
  assert.ok(await joseAccepts(token, options), token);
  return true;
}

test("every sample that we accept, jose accepts", async () => {
  for (const preset of PRESET_NAMES) {
    const sample = sampleOf(preset);
    for (const variant of [undefined, ...(sample.also ?? [])]) {
      const config = configOf(preset, sample, variant);
      const payload = payloadOf(sample, variant);
      const key = keys[variant?.alg ?? sample.alg ?? "RS256"];
      const token = await sign(key, payload, headerOf(sample, variant));
      await compare(token, verifierOf([config], Object.values(keys)), {
        ...(preset !== "spiffe" && { issuer: config.url }),
        ...(payload["aud"] !== undefined && { audience: [...config.audience] }),
      });
    }
  }
});

const key = keys.ES256;
const generic = issuerConfig();
const verifier = verifierOf([generic], [key]);
const options = {
  issuer: generic.url,
  audience: [...generic.audience],
  typ: "at+jwt",
  requiredClaims: ["exp", "iat", "sub", "aud", "iss"],
  maxTokenAge: 86_400,
};

const near = (s: number) => fc.integer({ min: NOW_S - s, max: NOW_S + s });
/** Mostly what can be accepted, so that there is something to compare. */
const mostly = (good: fc.Arbitrary<unknown>, ...others: fc.Arbitrary<unknown>[]) =>
  fc.oneof({ weight: 8, arbitrary: good }, ...others);
const claims = fc.record(
  {
    iss: mostly(fc.constant(generic.url), fc.constantFrom<unknown>(`${generic.url}/`, [])),
    aud: mostly(
      fc.constantFrom<unknown>("nats-sts", ["nats-sts"], ["a", "nats-sts"]),
      fc.constantFrom<unknown>(["a"], [], "a"),
    ),
    exp: mostly(near(100), near(200_000), fc.double()),
    iat: mostly(near(100), near(100_000), fc.double()),
    nbf: mostly(near(100), fc.double()),
    sub: mostly(fc.string({ minLength: 1 }), fc.jsonValue()),
    scope: mostly(fc.constantFrom("orders.read", "a  b", ""), fc.string()),
    jti: mostly(fc.string(), fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const typ = fc.constantFrom("at+jwt", "application/at+jwt", "AT+JWT", "jwt");

test("whatever we accept of any claims, jose accepts", async () => {
  let accepted = 0;
  const each = async (with_: Members, typ: string) => {
    if (await compare(await sign(key, claimsOf(with_), { typ }), verifier, options)) accepted++;
  };
  await fc.assert(fc.asyncProperty(claims, typ, each), { numRuns: 800 });
  assert.ok(accepted > 50, `only ${accepted} were accepted, so little was compared`);
});
