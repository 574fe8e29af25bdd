import assert from "node:assert/strict";
import { test } from "node:test";
import { LINT_RULES } from "../../../src/policy/index.ts";
import { folderWith, POLICY } from "./support.ts";

const WIDE = `version: 1
rules:
  - { name: all, issuer: corp, grant: { account: ORDERS, subscribe: [a.>] } }
  # lint-ok: rule-unpinned the news are for all
  - { name: news, issuer: corp, grant: { account: ORDERS, subscribe: [news.>] } }
`;

test("a policy in which nothing is found says so, and exits with 0", async (t) => {
  const { run } = await folderWith(t, { "policy.yaml": POLICY });
  const { code, out, err } = await run("lint -p policy.yaml");
  assert.deepEqual([code, out, err], [0, "policy.yaml: nothing found in 2 rules", ""]);
});

test("a finding has its place, its rule, its reason and the way out; what is allowed is counted", async (t) => {
  const { run } = await folderWith(t, { "policy.yaml": WIDE });
  const { code, out } = await run("lint -p policy.yaml");
  assert.equal(code, 1);
  assert.equal(
    out,
    'policy.yaml:3:7: rule-unpinned: matches everybody of "corp": pin it by a scope of your own, a client, a subject or a claim\n' +
      "1 finding, 1 allowed: docs/policy-lint.md explains each",
  );
  const { findings, allowed } = JSON.parse((await run("lint -p policy.yaml --json")).out);
  assert.deepEqual([findings[0].id, findings[0].line], ["rule-unpinned", 3]);
  assert.equal(allowed[0].why, "the news are for all");
});

test("the rules are listed without a policy", async (t) => {
  const { run } = await folderWith(t, {});
  const { code, out } = await run("lint --rules");
  assert.equal(code, 0);
  for (const { id } of LINT_RULES) assert.ok(out.includes(id));
  assert.equal(JSON.parse((await run("lint --rules --json")).out).length, LINT_RULES.length);
});

test("a policy that cannot be read is told with its faults, and exits with 2", async (t) => {
  const { run } = await folderWith(t, { "policy.yaml": `${POLICY}x: 1\n` });
  const { code, out, err } = await run("lint -p policy.yaml");
  assert.deepEqual([code, out], [2, ""]);
  assert.match(err, /policy\.yaml:10:1: unknown key "x"/);
});

test("a comment in an included file allows there", async (t) => {
  const { run } = await folderWith(t, {
    "policy.yaml":
      "version: 1\nrules: []\ninclude: [{ path: t.yaml, accounts: [ORDERS], issuers: [corp], subjects: [a, a.>, news.>] }]\n",
    "t.yaml": WIDE,
  });
  const { out } = await run("lint -p policy.yaml");
  assert.match(out, /^t\.yaml:3:7: rule-unpinned: .*\n1 finding, 1 allowed/);
});
