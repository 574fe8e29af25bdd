import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runHere } from "./cli/support.ts";
import { PROJECT } from "./support/project.ts";

const FOLDER = join(PROJECT, "examples");
const examples = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

test("there are examples, and the page of all names each", () => {
  const page = readFileSync(join(FOLDER, "README.md"), "utf8");
  assert.ok(examples.length >= 7);
  for (const name of examples) assert.ok(page.includes(`[${name}](${name})`), name);
});

for (const name of examples) {
  const cwd = join(FOLDER, name);

  test(`examples/${name}: every case passes, and every rule and role is reached`, async () => {
    const { code, out, err } = await runHere(["policy", "test", "--coverage", "--min", "100"], {
      cwd,
    });
    assert.deepEqual([code, err], [0, ""], out);
  });

  test(`examples/${name}: lint finds nothing that is not allowed with a reason`, async () => {
    const { code, out } = await runHere(["policy", "lint", "--policy", "policy.yaml"], { cwd });
    assert.equal(code, 0, out);
    assert.match(out, /: nothing found in \d+ rules?(, \d allowed)?$/);
  });

  test(`examples/${name}: its page says how to run it`, () => {
    const files = readdirSync(cwd).filter((file) => file !== "owners");
    assert.deepEqual(files.sort(), ["README.md", "policy.cases.yaml", "policy.yaml"]);
    const page = readFileSync(join(cwd, "README.md"), "utf8");
    assert.ok(page.includes(`nats-sts policy test examples/${name}/policy.cases.yaml`));
  });
}
