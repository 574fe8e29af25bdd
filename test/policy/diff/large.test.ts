import assert from "node:assert/strict";
import { test } from "node:test";
import {
  diffJournaled,
  diffJournaledInSteps,
  type Journaled,
  type OpenPolicy,
  openPolicy,
} from "../../../src/policy/index.ts";
import { counting } from "../counting.ts";

const opened = (count: number, more: string): OpenPolicy =>
  openPolicy([
    {
      path: "policy.yaml",
      bytes: Buffer.from(
        `version: 1\nrules:\n${Array.from(
          { length: count },
          (_, i) =>
            `  - { name: r${i}, issuer: corp, scopes: [s${i}], claims: { groups: { has: staff } }, grant: { account: A, publish: ["p${i}.{t}"${more}] } }\n`,
        ).join("")}`,
      ),
    },
  ]);

/** A change of every role of so many rules, and how often a rule is read to tell what it means. */
function changed(count: number) {
  const reads = counting();
  const read = (open: OpenPolicy): OpenPolicy => {
    const rules = open.written.rules.map((each) => ({ ...each, rule: reads.of(each.rule) }));
    return { ...open, written: { ...open.written, rules } };
  };
  const old = opened(count, "");
  return { old: read(old), now: read(opened(count, ", more")), reads, digest: old.policy.digest };
}

const somebody = (digest: string): Journaled => ({
  ...{ issuer: "corp", kind: "user", subject: "alice", digest: "d" },
  ...{ policy: digest, trace: [{ rule: "r7" }, { rule: "", missed: "not listed", rules: 9 }] },
});

test("no more is read for somebody in a journal where 1,000 rules changed than where 10 did", () => {
  const readsOf = (count: number) => {
    const { old, now, reads, digest } = changed(count);
    const compare = diffJournaled(old, now);
    const before = reads.count();
    const { sure, unsure } = compare(somebody(digest));
    assert.deepEqual(
      sure.gained.map(({ subject }) => subject),
      ["more"],
    );
    assert.deepEqual(unsure.gained, []);
    return reads.count() - before;
  };
  const [few, many] = [readsOf(10), readsOf(1_000)];
  assert.ok(few > 0);
  assert.equal(many, few);
});

test("a comparison is made ready by as much work as there are rules, in steps that stay short", () => {
  const work = (count: number) => {
    const { old, now, reads } = changed(count);
    const steps: number[] = [];
    let before = reads.count();
    for (const _ of diffJournaledInSteps(old, now)) {
      steps.push(reads.count() - before);
      before = reads.count();
    }
    return { total: reads.count(), longest: Math.max(...steps) };
  };
  const [small, large] = [work(200), work(2_000)];
  assert.ok(small.total > 200, `${small.total} reads`);
  assert.ok(large.total <= small.total * 11, `${small.total} reads, then ${large.total}`);
  assert.equal(large.longest, small.longest);
});

test("rules that all mean the same are compared with some of each other, and with themselves always", () => {
  const same = (more: string) =>
    openPolicy([
      {
        path: "policy.yaml",
        bytes: Buffer.from(
          `version: 1\nrules:\n${Array.from(
            { length: 400 },
            (_, i) =>
              `  - { name: r${i}, issuer: corp, claims: { t: { exists: true } }, grant: { account: A, publish: [p${i}${more}] } }\n`,
          ).join("")}`,
        ),
      },
    ]);
  const [old, now] = [same(""), same(", more")];
  const trace = [{ rule: "r399" }];
  const who = { ...somebody(old.policy.digest), trace };
  const { sure, unsure } = diffJournaled(old, now)(who);
  assert.ok(sure.gained.some(({ subject }) => subject === "more"));
  assert.deepEqual([sure.lost, unsure.lost], [[], []]);
});
