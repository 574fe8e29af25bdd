import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PRESET_NAMES, parseConfig } from "../../src/config/index.ts";
import { providersPage } from "../../src/identity/index.ts";
import { PROJECT } from "../support/project.ts";
import { blocksOf } from "./samples.ts";

const FILE = join(PROJECT, "docs/providers.md");
const page = providersPage();

test("the page of the providers is the one that the table makes", () => {
  assert.equal(readFileSync(FILE, "utf8"), page);
});

test("every issuer on the page can be copied into a configuration", () => {
  const account = { name: "A", public_key: `A${"A".repeat(55)}`, signing_keys: [{ file: "a.nk" }] };
  const rest = `policy: p.yaml\naccounts: ${JSON.stringify([account])}\njournal: stdout\n`;
  for (const preset of PRESET_NAMES) {
    const { config } = parseConfig(blocksOf(page, preset)[0] + rest, "/x.yaml");
    assert.equal(config.issuers[0]?.preset, preset);
  }
});
