import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { CASES, folderWith, POLICY } from "./support.ts";

const FILES = { "policy.yaml": POLICY, "policy.cases.yaml": CASES };

test("cases that pass are listed and counted, and the exit code is 0", async (t) => {
  const { run } = await folderWith(t, FILES);
  const { code, out, err } = await run("test");
  assert.deepEqual([code, err], [0, ""]);
  assert.equal(
    out,
    "policy.cases.yaml\n  ok    workers work\n  ok    others do not\n\n2 cases passed",
  );
});

test("a case that fails says where it stands and what is different, and the exit code is 1", async (t) => {
  const { run } = await folderWith(t, {
    ...FILES,
    "policy.cases.yaml": CASES.replace("10m", "5m"),
  });
  const { code, out } = await run("test policy.cases.yaml");
  assert.equal(code, 1);
  assert.match(
    out,
    /^ {2}FAIL {2}workers work {2}\(policy\.cases\.yaml:3:5\)\n {10}expected ttl: 5m, but it is 10m$/m,
  );
  assert.match(out, /1 of 2 cases FAILED$/);
});

test("what is mistyped in cases is told at its place, with what was probably meant", async (t) => {
  const typos: [string, string, RegExp][] = [
    ["granted: {", "grnated: {", /policy\.cases\.yaml:6:5: unknown key .* mean "granted"\?/],
    ["[worker]", "[wroker]", /there is no role wroker: did you mean "worker"\?/],
    ["no_rule_matched", "no_rule_matchd", /:10:5: .* did you mean "no_rule_matched"\?/],
    [
      "refused: no_rule_matched",
      "missed: { wrokers: scopes }",
      /there is no such rule: did you mean "workers"\?/,
    ],
    ["policy.yaml", "polcy.yaml", /policy\.cases\.yaml:1:1: policy polcy\.yaml cannot be read/],
    [
      "claims: { sub: a }",
      "claims_file: none",
      /policy\.cases\.yaml:9:5: claims_file none cannot be read/,
    ],
  ];
  for (const [right, wrong, said] of typos) {
    const cases = CASES.replace(right, wrong);
    const { run } = await folderWith(t, { ...FILES, "policy.cases.yaml": cases });
    const { code, out, err } = await run("test policy.cases.yaml");
    assert.ok(code !== 0);
    assert.match(`${out}${err}`, said);
  }
});

test("coverage names what no case reaches, and fails below the least", async (t) => {
  const { run } = await folderWith(t, FILES);
  const plain = await run("test --coverage");
  assert.equal(plain.code, 0);
  assert.match(plain.out, /^coverage of policy\.yaml: 50 %, 1 of 2 rules, 1 of 2 roles$/m);
  assert.match(plain.out, /^ {2}no case matches the rule deploy$/m);
  assert.match(plain.out, /^ {2}no case is granted the role deploy$/m);
  const low = await run("test --coverage --min 51");
  assert.equal(low.code, 1);
  assert.match(low.out, /BELOW 51 %/);
  assert.equal((await run("test --coverage --min 50")).code, 0);
  assert.equal((await run("test --min 50")).code, 2);
  assert.equal((await run("test --coverage --min 101")).code, 2);
});

test("cases of several files cover a policy together", async (t) => {
  const { run } = await folderWith(t, {
    ...FILES,
    "deploy.cases.yaml": `policy: policy.yaml
cases:
  - name: deploys
    issuer: github
    claims_file: claims.json
    granted: {}
`,
    "claims.json": JSON.stringify({
      sub: "s",
      ...{
        repository_id: "1",
        repository_owner_id: "1",
        event_name: "push",
        ref: "refs/heads/main",
      },
    }),
  });
  const { code, out } = await run("test --coverage --min 100");
  assert.equal(code, 0, out);
  assert.match(out, /3 cases passed$/);
});

test("JSON tells the same to programs", async (t) => {
  const { run } = await folderWith(t, FILES);
  const { out } = await run("test --json --coverage");
  const { passed, files, coverage } = JSON.parse(out);
  assert.equal(passed, true);
  assert.deepEqual(
    files[0].cases.map(({ name, passed: ok }: { name: string; passed: boolean }) => [name, ok]),
    [
      ["workers work", true],
      ["others do not", true],
    ],
  );
  assert.deepEqual(coverage[0].unreached_rules, ["deploy"]);
});

test("what cannot be read is a fault with its place, and the exit code is 2", async (t) => {
  const { dir, run } = await folderWith(t, FILES);
  assert.match((await run("test none.yaml")).err, /none\.yaml:1:1: cannot be read \(ENOENT\)/);
  assert.equal((await run("test none.yaml")).code, 2);
  const cases = join(dir, "policy.cases.yaml");
  await writeFile(cases, CASES.replace("claims: { sub: a }", "claims_file: c.json"));
  assert.match(
    (await run("test")).err,
    /policy\.cases\.yaml:9:5: claims_file c\.json cannot be read/,
  );
  await writeFile(join(dir, "c.json"), "nothing");
  assert.match((await run("test")).err, /claims_file c\.json holds neither a JSON object/);
  await writeFile(join(dir, "policy.yaml"), POLICY.replace("orders.done.*", "orders..x"));
  assert.match((await run("test")).err, /policy\.yaml:3:\d+: "orders\.\.x" has an empty token/);
  await writeFile(cases, (await readFile(cases, "utf8")).replace("granted", "grunted"));
  assert.match((await run("test")).err, /policy\.cases\.yaml:6:5: unknown key "grunted"/);
  const empty = await folderWith(t, {});
  assert.match((await empty.run("test")).err, /there is no \*\.cases\.yaml here/);
});

test("files that a policy includes are read, and their rules are tested like its own", async (t) => {
  const { run } = await folderWith(t, {
    "policy.yaml": `version: 1
rules: []
include:
  - { path: team.yaml, accounts: [ORDERS], issuers: [corp], subjects: [a, a.>, news.>] }
`,
    "team.yaml": `version: 1
rules:
  - { name: workers, issuer: corp, scopes: [work], grant: { account: ORDERS, publish: [a] } }
`,
    "policy.cases.yaml": `policy: policy.yaml
cases:
  - { name: works, issuer: corp, claims: { sub: a, scope: work }, granted: { roles: [workers] } }
`,
  });
  const { code, out, err } = await run("test --coverage --min 100");
  assert.equal(code, 0, out + err);
});
