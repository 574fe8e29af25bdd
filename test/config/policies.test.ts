import assert from "node:assert/strict";
import { test } from "node:test";
import { faultsOf, LEAST } from "./support.ts";

test("one policy decides, and at most one more is tried beside it", () => {
  const policies = (...modes: string[]) => {
    const each = modes.map((mode) => `  - { file: p.yaml, mode: ${mode} }\n`);
    return LEAST.replace("policy: policy.yaml\n", `policy:\n${each.join("")}`);
  };
  assert.deepEqual(faultsOf(policies("enforce", "audit")), []);
  assert.deepEqual(faultsOf(policies("audit", "enforce")), []);
  const alone = faultsOf(policies("audit"));
  assert.equal(alone.length, 1);
  assert.match(
    alone[0] ?? "",
    /^\d+:1 has no file with mode: enforce: a policy with mode: audit gives/,
  );
  for (const mode of ["enforce", "audit"]) {
    const twice = faultsOf(policies("enforce", "audit").replace(/enforce|audit/g, mode));
    assert.match(twice.join("\n"), new RegExp(`\\d+:\\d+ a file above has mode: ${mode}`));
  }
});
