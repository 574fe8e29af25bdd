import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ConfigFile, configPage } from "../../src/config/index.ts";
import { PROJECT } from "../support/project.ts";
import { keysOf } from "./schema-keys.ts";

test("the page of the configuration is the one that the schema makes, with every key in it", () => {
  const file = join(PROJECT, "docs/configuration.md");
  assert.equal(readFileSync(file, "utf8"), configPage());
  for (const key of keysOf(ConfigFile)) assert.ok(configPage().includes(`| \`${key}\` |`), key);
});
