import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FaultError, PRESET_NAMES, parseConfig } from "../../src/config/index.ts";
import { providersPage, verify } from "../../src/identity/index.ts";
import { decide, loadPolicy } from "../../src/policy/index.ts";
import { PROJECT } from "../support/project.ts";
import { configOf, headerOf, payloadOf, sampleOf } from "./samples.ts";
import { keysOf, NOW_S, sign, verifierOf } from "./support.ts";

const FILE = join(PROJECT, "docs/providers.md");
const page = providersPage();
const keys = await keysOf("RS256", "ES256", "ES384");

test("the page of the providers is the one that the table makes", () => {
  // UPDATE=1 writes it, for whoever has changed the table.
  if (process.env["UPDATE"]) writeFileSync(FILE, page);
  assert.equal(readFileSync(FILE, "utf8"), page);
});

/** The two YAML blocks of a preset's section. */
function blocksOf(preset: string): readonly [issuer: string, rule: string] {
  const section = page.split(`<a id="${preset}"></a>`)[1]?.split("<a id=")[0] ?? "";
  const [issuer = "", rule = ""] = [...section.matchAll(/```yaml\n(.*?)```/gs)].map(
    (m) => m[1] ?? "",
  );
  return [issuer, rule];
}

for (const preset of PRESET_NAMES) {
  test(`${preset}: the issuer on the page is one, and the rule on it matches the sample and little else`, async () => {
    const [issuer, rule] = blocksOf(preset);
    const account = {
      name: "A",
      public_key: `A${"A".repeat(55)}`,
      signing_keys: [{ file: "a.nk" }],
    };
    const rest = `policy: p.yaml\naccounts: ${JSON.stringify([account])}\njournal: stdout\n`;
    const { config } = parseConfig(issuer + rest, "/x.yaml");
    const [read] = config.issuers;
    assert.ok(read);

    const bytes = Buffer.from(`version: 1\n${rule}`);
    const limits = { default_ttl_s: 900, max_ttl_s: 3600 };
    const context = { accounts: ["ORDERS"], issuers: [read.name], ...limits };
    const policy = load(() => loadPolicy([{ path: "p.yaml", bytes }], context));

    const sample = sampleOf(preset);
    const trusted = { ...configOf(preset, sample), name: read.name };
    const verifier = verifierOf([trusted], Object.values(keys));
    const key = { ...keys[sample.alg ?? "RS256"], use: sample.use ?? "sig" };
    const token = await sign(key, payloadOf(sample), headerOf(sample));
    const identity = await verify(token, verifier, NOW_S);
    const decision = decide(policy, identity, {}, NOW_S);
    assert.ok(decision.allow, JSON.stringify(decision));

    const stranger = { ...identity, subject: "x", client: "x", scopes: [], claims: {} };
    assert.ok(!decide(policy, stranger, {}, NOW_S).allow);
  });
}

/** Shows the faults where there are some. */
function load<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof FaultError ? new Error(error.message) : error;
  }
}
