import assert from "node:assert/strict";
import { test } from "node:test";
import { FaultError, PRESET_NAMES } from "../../src/config/index.ts";
import { providersPage, verify } from "../../src/identity/index.ts";
import { decide, loadPolicy } from "../../src/policy/index.ts";
import { blocksOf, configOf, headerOf, payloadOf, sampleOf } from "./samples.ts";
import { keysOf, NOW_S, sign, verifierOf } from "./support.ts";

const page = providersPage();
const keys = await keysOf("RS256", "ES256", "ES384");

for (const preset of PRESET_NAMES) {
  test(`${preset}: the rule on the page matches what the provider sends, and no stranger`, async () => {
    const name = preset === "generic" ? "corp" : preset;
    const bytes = Buffer.from(`version: 1\n${blocksOf(page, preset)[1]}`);
    const limits = { default_ttl_s: 900, max_ttl_s: 3600 };
    const context = { accounts: ["ORDERS"], issuers: [name], ...limits };
    const policy = loaded(() => loadPolicy([{ path: "p.yaml", bytes }], context));

    const sample = sampleOf(preset);
    const trusted = { ...configOf(preset, sample), name };
    const verifier = verifierOf([trusted], Object.values(keys));
    const token = await sign(keys[sample.alg ?? "RS256"], payloadOf(sample), headerOf(sample));
    const identity = await verify(token, verifier, NOW_S);
    const decision = decide(policy, identity, {}, NOW_S);
    assert.ok(decision.allow, JSON.stringify(decision));

    const stranger = { ...identity, subject: "x", client: "x", scopes: [], claims: {} };
    assert.ok(!decide(policy, stranger, {}, NOW_S).allow);
  });
}

test("zitadel: the rule on the page does not take the roles of another project for ours", async () => {
  const bytes = Buffer.from(`version: 1\n${blocksOf(page, "zitadel")[1]}`);
  const context = {
    accounts: ["ORDERS"],
    issuers: ["zitadel"],
    default_ttl_s: 900,
    max_ttl_s: 3600,
  };
  const policy = loaded(() => loadPolicy([{ path: "p.yaml", bytes }], context));
  const sample = sampleOf("zitadel");
  const verifier = verifierOf([configOf("zitadel", sample)], Object.values(keys));
  const { "urn:zitadel:iam:org:project:282951055400000001:roles": roles, ...rest } =
    payloadOf(sample);
  for (const claim of [
    "urn:zitadel:iam:org:project:roles",
    "urn:zitadel:iam:org:project:282951055400000008:roles",
  ]) {
    const token = await sign(keys.RS256, { ...rest, [claim]: roles }, headerOf(sample));
    assert.ok(!decide(policy, await verify(token, verifier, NOW_S), {}, NOW_S).allow, claim);
  }
});

/** Shows the faults where there are some. */
function loaded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof FaultError ? new Error(error.message) : error;
  }
}
