import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse, stringify } from "yaml";
import {
  fieldsPage,
  identityFor,
  issuerNamed,
  lint,
  loadCases,
  openPolicy,
  PolicyFile,
  runCase,
} from "../../src/policy/index.ts";
import { LEAST, read } from "../config/support.ts";
import { MEASURE } from "../policy/lint/support.ts";
import { PROJECT } from "../support/project.ts";
import { policyBlocks } from "./policy-blocks.ts";
import { keysOf } from "./schema-keys.ts";

const PAGE = "docs/policy.md";
const { policies, configs, untried } = await policyBlocks(PAGE);
const readme = await policyBlocks("README.md");
const running = await policyBlocks("docs/running.md");

for (const { place, sources, cases } of [...policies, ...readme.policies, ...running.policies]) {
  test(`the policy at ${place} loads, and lint finds nothing in it`, () => {
    const open = openPolicy(sources);
    const issuers = open.context.issuers.map(issuerNamed);
    assert.deepEqual(lint(open, issuers, MEASURE).findings, []);
  });

  for (const block of cases) {
    test(`the cases at ${block.place} hold`, () => {
      const { policy, context } = openPolicy(sources);
      const issuers = context.issuers.map(issuerNamed);
      for (const each of loadCases(Buffer.from(block.text), block.place).cases) {
        assert.ok(typeof each.claims === "object");
        const result = runCase(policy, each, identityFor(each.claims, each.issuer, issuers));
        assert.deepEqual(result.differs, [], each.name);
      }
    });
  }
}

for (const { place, text } of [...configs, ...readme.configs, ...running.configs]) {
  test(`the part of a configuration at ${place} is read`, () => {
    read(stringify({ ...parse(LEAST), ...parse(text) }));
  });
}

test("the page shows policies, cases, files and parts of a configuration; the rest says why not", () => {
  assert.ok(policies.length >= 10);
  assert.ok(policies.flatMap(({ cases }) => cases).length >= 2);
  assert.ok(policies.some(({ sources }) => sources.length > 1));
  assert.ok(configs.length > 0);
  assert.deepEqual([readme.policies.length, readme.configs.length], [1, 1]);
  assert.deepEqual([running.policies.length, running.configs.length], [1, 2]);
  for (const mark of [...untried, ...running.untried]) assert.match(mark, /^not run: .{10,}/);
});

test("every key of the language stands in the page", () => {
  const page = readFileSync(join(PROJECT, PAGE), "utf8");
  const missing = [...keysOf(PolicyFile)].filter((key) => !new RegExp(`\\b${key}\\b`).test(page));
  assert.deepEqual(missing, []);
});

test("the page of all fields is the one that the schema makes", () => {
  const file = join(PROJECT, "docs/policy-fields.md");
  assert.equal(readFileSync(file, "utf8"), fieldsPage());
  for (const key of keysOf(PolicyFile))
    assert.ok(fieldsPage().includes(`\`${key}\``) || isSaid(key));
});

/** Keys that the table tells within a sentence or as a criterion. */
const isSaid = (key: string) => new RegExp(`\\b${key}\\b`).test(fieldsPage());
