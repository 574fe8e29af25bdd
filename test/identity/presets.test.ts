import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PRESET_NAMES, type PresetName } from "../../src/config/index.ts";
import { identityDigest, trustedIssuers, verify } from "../../src/identity/index.ts";
import { PROJECT } from "../support/project.ts";
import { configOf, headerOf, payloadOf, type Sample, sampleOf, type Variant } from "./samples.ts";
import { keysOf, NOW_S, network, publicOf, refusalOf, sign, siteOf } from "./support.ts";

const keys = await keysOf("RS256", "ES256", "ES384");

/** The token of a sample or of a variant of it, and a verifier that is configured for it. */
async function setup(preset: PresetName, sample: Sample, variant?: Variant) {
  const config = configOf(preset, sample, variant);
  const published = Object.values(keys).map((key) => ({
    ...publicOf(key),
    use: sample.use ?? "sig",
  }));
  const site = { ...siteOf(config.url, published), [config.jwks?.url ?? ""]: { keys: published } };
  const issuers = trustedIssuers([config], network(() => site).fetch, () => NOW_S);
  const key = keys[variant?.alg ?? sample.alg ?? "RS256"];
  const token = await sign(key, payloadOf(sample, variant), headerOf(sample, variant));
  return { token, config, verifier: { issuers, token_limit_bytes: 12_288, clock_skew_s: 30 } };
}

function assertHas(identity: object, expected: object): void {
  const actual: Record<string, unknown> = { ...identity };
  for (const [name, value] of Object.entries(expected))
    assert.deepEqual(actual[name], value ?? undefined, name);
}

test("every preset has its sample, and every sample its preset", () => {
  const files = readdirSync(join(PROJECT, "test/identity/samples"));
  assert.deepEqual(files.sort(), PRESET_NAMES.map((name) => `${name}.json`).sort());
});

for (const preset of PRESET_NAMES) {
  const sample = sampleOf(preset);

  test(`${preset}: what the provider sends becomes the identity that it means`, async () => {
    const { token, config, verifier } = await setup(preset, sample);
    const identity = await verify(token, verifier, NOW_S);
    assertHas(identity, {
      issuer: preset,
      issuer_url: config.url,
      guarded: null,
      ...sample.expected,
    });
    const { kind, subject, digest } = identity;
    assert.equal(digest, identityDigest(config.url, kind, subject));
    assertHas(identity.claims, { ...payloadOf(sample), ...sample.expected_claims });
  });

  for (const variant of sample.also ?? []) {
    test(`${preset}: accepted: ${variant.name}`, async () => {
      const { token, verifier } = await setup(preset, sample, variant);
      assertHas(await verify(token, verifier, NOW_S), variant.expected ?? {});
    });
  }

  for (const variant of sample.refused) {
    test(`${preset}: refused: ${variant.name}`, async () => {
      const { token, verifier } = await setup(preset, sample, variant);
      const { code, detail } = await refusalOf(token, verifier);
      assert.equal(code, variant.code, JSON.stringify(detail));
      if (variant.hint)
        assert.ok(String(detail["hint"]).includes(variant.hint), String(detail["hint"]));
    });
  }

  test(`${preset}: the usual faults are refused`, async () => {
    const faults: readonly (readonly [Variant, string])[] = [
      [{ name: "", payload: { aud: "other", client_id: "other" } }, "token_audience_mismatch"],
      [{ name: "", payload: { iat: NOW_S - 400, exp_in: -100 } }, "token_expired"],
      [{ name: "", payload: { nbf: NOW_S + 100 } }, "token_not_yet_valid"],
      [{ name: "", payload: { cnf: { jkt: "x" } } }, "token_binding_invalid"],
      [{ name: "", payload: { token_use: "id" } }, "token_type_not_allowed"],
      [{ name: "", payload: { typ: "ID" } }, "token_type_not_allowed"],
      [{ name: "", payload: { events: {} } }, "token_type_not_allowed"],
      [{ name: "", header: { typ: "dpop+jwt" } }, "token_type_not_allowed"],
      [{ name: "", header: { typ: "secevent+jwt" } }, "token_type_not_allowed"],
      [{ name: "", remove: ["exp"] }, "token_claims_invalid"],
    ];
    for (const [variant, expected] of faults) {
      const { token, verifier } = await setup(preset, sample, variant);
      assert.equal((await refusalOf(token, verifier)).code, expected, JSON.stringify(variant));
    }
  });
}
