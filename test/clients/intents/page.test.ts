import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { granted, who } from "../../policy/support.ts";
import { PROJECT } from "../../support/project.ts";
import { LIBRARIES } from "./case.ts";
import { CASES, POLICY } from "./cases.ts";
import { intentsPage } from "./page.ts";
import { partsOf } from "./use.ts";

const FILE = join(PROJECT, "docs/intents.md");

test("the page of the intents is the one that the cases and the compiler make", () => {
  assert.equal(readFileSync(FILE, "utf8"), intentsPage());
});

test("each library has something to do and something to be refused in every case", () => {
  for (const one of CASES) {
    for (const library of LIBRARIES) {
      const { works, refused } = partsOf(one, library);
      assert.ok(works.length > 0 && refused.length > 0, `${one.name} with ${library}`);
    }
  }
});

test("no case gives what a stream's owner alone may do", () => {
  for (const one of CASES) {
    for (const subject of granted(POLICY, who(one.name)).publish) {
      assert.doesNotMatch(subject, /API\.STREAM\.(CREATE|UPDATE|DELETE|LIST|SNAPSHOT|RESTORE)\b/);
      assert.doesNotMatch(subject, /API\.(META|SERVER|ACCOUNT|INFO)\b/);
      if (/API\.STREAM\.PURGE\b/.test(subject)) assert.match(subject, /\.OBJ_/);
    }
  }
});
