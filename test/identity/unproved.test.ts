import assert from "node:assert/strict";
import { test } from "node:test";
import { PRESET_NAMES } from "../../src/config/index.ts";
import { claimsIn, identify, issuerOfClaims, verify } from "../../src/identity/index.ts";
import { configOf, headerOf, payloadOf, sampleOf } from "./samples.ts";
import { keysOf, NOW_S, sign, verifierOf } from "./support.ts";

const keys = await keysOf("RS256", "ES256", "ES384");
const configs = PRESET_NAMES.map((preset) => configOf(preset, sampleOf(preset)));

test("what an operator is shown for claims is what verification would make of them", async () => {
  for (const preset of PRESET_NAMES) {
    const sample = sampleOf(preset);
    const token = await sign(keys[sample.alg ?? "RS256"], payloadOf(sample), headerOf(sample));
    const claims = claimsIn(token);
    assert.deepEqual(claims, claimsIn(JSON.stringify(payloadOf(sample))));
    const issuer = issuerOfClaims(claims, configs);
    assert.equal(issuer?.name, preset);
    const verifier = verifierOf([configOf(preset, sample)], Object.values(keys));
    // Whether a token is good for one use is said by the token, not by its claims.
    const { token_use: _, ...identity } = await verify(token, verifier, NOW_S);
    assert.deepEqual(identify(claims, issuer), identity, preset);
  }
});

test("claims of an issuer that is not configured have none", () => {
  for (const claims of [
    {},
    { iss: "https://evil.test" },
    { iss: ["https://gitlab.com"] },
    { sub: 7 },
  ])
    assert.equal(issuerOfClaims(claims, configs), undefined);
});

test("what is neither claims nor a token is refused, and not quoted", () => {
  for (const text of [
    "",
    "secret",
    "[1]",
    "7",
    '{"a":1,"a":"secret"}',
    "a.b",
    "secret.secret.secret",
    "a.bm8.c",
  ])
    assert.throws(
      () => claimsIn(text),
      (error: Error) => !JSON.stringify([error.message, error]).includes("secret"),
      text,
    );
});
