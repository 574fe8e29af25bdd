import assert from "node:assert/strict";
import { test } from "node:test";
import { trustedIssuers } from "../../src/identity/index.ts";
import { forge } from "./forge.ts";
import { OTHER, refusalKeys, TABLES } from "./refusal-rows.ts";
import {
  claimsOf,
  ISSUER,
  issuerConfig,
  NOW_S,
  network,
  outcomeOf,
  refusalOf,
  siteOf,
} from "./support.ts";

const { own, keys, published, published_by_other } = await refusalKeys();
const site = { ...siteOf(ISSUER, published), ...siteOf(OTHER, published_by_other) };
const configs = [issuerConfig(), issuerConfig({ name: "other", url: OTHER })];
const issuers = trustedIssuers(configs, network(() => site).fetch, () => NOW_S);
const verifier = { issuers, token_limit_bytes: 12_288, clock_skew_s: 30 };

test("the token that all rows change is a good one, with each key of the issuer", async () => {
  for (const key of Object.keys(own))
    assert.equal(await outcomeOf(forge({ key }, claimsOf(), keys), verifier), "accepted", key);
  const foreign = forge({ key: "stranger" }, claimsOf({ iss: OTHER }), keys);
  assert.equal(await outcomeOf(foreign, verifier), "accepted");
});

for (const [table, rows] of TABLES) {
  for (const row of rows) {
    test(`${table}: ${row.name}: ${row.code}`, async () => {
      const { code, detail } = await refusalOf(forge(row, claimsOf(), keys), verifier);
      assert.equal(code, row.code, JSON.stringify(detail));
      const reason = String(detail["reason"] ?? null);
      assert.ok(reason.includes(String(row.reason)), reason);
    });
  }
}

test("every row is a test of its own, and there are many", () => {
  const names = TABLES.flatMap(([table, rows]) => rows.map(({ name }) => `${table} ${name}`));
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length >= 150, String(names.length));
});
