import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { trustedIssuers } from "../../src/identity/index.ts";
import { PROJECT } from "../support/project.ts";
import { newSigningKey } from "../support/provider-keys.ts";
import { forge, type Recipe } from "./forge.ts";
import {
  claimsOf,
  ISSUER,
  issuerConfig,
  keysOf,
  NOW_S,
  network,
  outcomeOf,
  publicOf,
  refusalOf,
  siteOf,
} from "./support.ts";

interface Row extends Recipe {
  readonly name: string;
  readonly code: string;
  /** Part of the reason that the operator reads; null where the code says it all. */
  readonly reason: string | null;
}

const FOLDER = join(PROJECT, "test/identity/refusals");
const TABLES = readdirSync(FOLDER).map((file): readonly [string, readonly Row[]] => [
  file.replace(".json", ""),
  JSON.parse(readFileSync(join(FOLDER, file), "utf8")),
]);

const own = await keysOf("RS256", "ES256", "ES384", "EdDSA", "Ed25519");
const [rsa, ec, okp, stranger] = await Promise.all([
  newSigningKey("RS256"),
  newSigningKey("ES256"),
  newSigningKey("Ed25519"),
  newSigningKey("ES256"),
]);
const keys = {
  ...own,
  other: { ...ec, kid: String(own.ES256.kid) },
  "other RSA": { ...rsa, kid: String(own.RS256.kid) },
  "other Ed25519": { ...okp, kid: String(own.Ed25519.kid) },
  stranger,
};
const OTHER = "https://other.test";
const site = {
  ...siteOf(ISSUER, [
    ...Object.values(own).map(publicOf),
    { ...publicOf(ec), kid: "enc", use: "enc" },
    { kty: "oct", kid: "oct", k: "c2VjcmV0" },
  ]),
  ...siteOf(OTHER, [publicOf(stranger)]),
};
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
