import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LINT_RULES, lintPage } from "../../../src/policy/index.ts";
import { PROJECT } from "../../support/project.ts";
import { lintText } from "./support.ts";

const idsIn = (text: string) => [...new Set(lintText(text).findings.map(({ id }) => id))];

for (const { id, avoid, prefer } of LINT_RULES) {
  test(`${id}: it alone is found in what its page says to avoid, nothing in what it prefers`, () => {
    assert.ok(idsIn(avoid).includes(id), JSON.stringify(lintText(avoid)));
    const others = idsIn(avoid).filter((other) => other !== id);
    // A comment without a reason allows nothing, so what it stands beside is found as well.
    assert.deepEqual(others, id === "lint-ok" ? ["rule-unpinned"] : []);
    assert.deepEqual(lintText(prefer).findings, []);
  });
}

test("each rule has an id of its own, and says what and why in whole sentences", () => {
  const ids = LINT_RULES.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const { id, summary, rationale } of LINT_RULES) {
    assert.match(id, /^[a-z]+(-[a-z]+)+$/);
    assert.match(summary, /^[A-Z].*[^.]$/, id);
    assert.match(rationale, /^[A-Z`].*\.$/, id);
  }
});

test("the page of lint is the one that the table makes", () => {
  const file = join(PROJECT, "docs/policy-lint.md");
  assert.equal(readFileSync(file, "utf8"), lintPage());
});
