import assert from "node:assert/strict";
import { test } from "node:test";
import { FaultError } from "../../src/config/index.ts";
import { loadPolicy } from "../../src/policy/index.ts";
import { CONTEXT, faultsOf, GOOD, policyOf } from "./support.ts";

/** Of work, whoever else works meanwhile: what is meant is seconds rather than minutes. */
const LIMIT_US = 60_000_000;
const ROLE = "roles: { x: { account: ORDERS, publish: [a] } }\n";

const withRules = (count: number, from = 0) =>
  `version: 1\n${ROLE}rules:\n${rules(count, from, "x")}\n`;
const rules = (count: number, from: number, role: string) =>
  Array.from(
    { length: count },
    (_, i) => `- { name: r${from + i}, issuer: corp, client: c${from + i}, roles: [${role}] }`,
  ).join("\n");

function timed<T>(work: () => T): T {
  const from = process.cpuUsage();
  const result = work();
  assert.ok(process.cpuUsage(from).user < LIMIT_US);
  return result;
}

test("10,000 rules load, and one more is refused by the name of the limit", () => {
  assert.equal(timed(() => policyOf(withRules(10_000))).rules_count, 10_000);
  const refused = ["3:1 must be a list of at most 10000 rules"];
  assert.deepEqual(
    timed(() => faultsOf(withRules(10_001))),
    refused,
  );
});

test("100,000 rules are refused by the name of a limit, within seconds", () => {
  const short = Array.from(
    { length: 100_000 },
    (_, i) => `- { name: r${i}, issuer: corp, roles: [x] }`,
  ).join("\n");
  assert.deepEqual(
    timed(() => faultsOf(`version: 1\n${ROLE}rules:\n${short}\n`)),
    ["3:1 must be a list of at most 10000 rules"],
  );
  assert.deepEqual(
    timed(() => faultsOf(`${withRules(1)}#${"x".repeat(6 * 1024 * 1024)}`)),
    ["1:1 is larger than 6291456 bytes"],
  );
});

test("files do not get round the limit together", () => {
  const files = ["a.yaml", "b.yaml"];
  const include = files.map((path) => `{ path: ${path}, accounts: [ORDERS], issuers: [corp] }`);
  const text = `version: 1\ninclude: [${include}]\n${ROLE.replace("[a]", "[a], export: true")}rules: []\n`;
  const sources = [
    { path: "policy.yaml", bytes: Buffer.from(text) },
    ...files.map((path, i) => ({
      path,
      bytes: Buffer.from(`version: 1\nrules:\n${rules(5_001, i * 6_000, "x")}\n`),
    })),
  ];
  const faults = timed(() => faultsIn(() => loadPolicy(sources, CONTEXT)));
  assert.deepEqual(faults, [
    "policy.yaml:1:1 holds more than 10000 rules together with the files it includes",
  ]);
});

test("a file of aliases that would unfold to billions is refused at its first alias, at once", () => {
  const lines = Array.from({ length: 26 }, (_, i) =>
    i === 0 ? "x0: &x0 [a, a]" : `x${i}: &x${i} [*x${i - 1}, *x${i - 1}]`,
  );
  const [first] = timed(() => faultsOf(`${lines.join("\n")}\nversion: 1\nrules: *x25\n`));
  assert.equal(first, "2:10 YAML aliases are not supported: write the value out where it is used");
});

test("one fault anywhere, and nothing of the policy is used", () => {
  const lines = GOOD.split("\n");
  let faulty = 0;
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    for (const bad of [`${line}\n${line}`, line.replace(/(\w+):/, "$1x:"), `${line} *a`]) {
      const text = lines.with(i, bad).join("\n");
      const faults = faultsOf(text); // throws whatever is no list of faults
      if (faults.length === 0) continue; // a key that people choose
      faulty += 1;
      for (const fault of faults) assert.match(fault, /^\d+:\d+ ./, bad);
    }
  }
  assert.ok(faulty > 60, `${faulty}`);
});

test("a fault in one of several files refuses all of them, and is told with its file", () => {
  const include = "{ path: t.yaml, accounts: [ORDERS], issuers: [corp], subjects: [a] }";
  const root = `version: 1\ninclude: [${include}]\n${ROLE}rules:\n${rules(1, 0, "x")}\n`;
  const team = (more: string) => `version: 1\nrules: []\n${more}`;
  const load = (text: string) => () =>
    loadPolicy(
      [
        { path: "policy.yaml", bytes: Buffer.from(root) },
        { path: "t.yaml", bytes: Buffer.from(text) },
      ],
      CONTEXT,
    );
  assert.equal(load(team(""))().rules_count, 1);
  for (const [more, fault] of [
    ["rules: []\n", /^t.yaml:3:1 Map keys must be unique/],
    ["a: &a [*a]\n", /^t.yaml:3:8 YAML aliases/],
    ["x: 1\n", /^t.yaml:3:1 unknown key "x"/],
    ["roles: { x: {} }\n", /^t.yaml:3:10 missing key "account"/],
    [`roles: [${"[".repeat(1_000)}\n`, /^t.yaml:\d+:\d+ is n/],
  ] as const)
    assert.match(faultsIn(load(team(more)))[0] ?? "loaded", fault);
});

function faultsIn(work: () => unknown): string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return error.faults.map(({ file, line, col, message }) => `${file}:${line}:${col} ${message}`);
  }
}
