import assert from "node:assert/strict";
import { test } from "node:test";
import { issuerNamed, lint, openPolicy } from "../../../src/policy/index.ts";
import { counting } from "../counting.ts";

/** Rules as a large company has them, with slots, denies, roles by name and sets. */
const kinds = [
  (i: number) =>
    `scopes: [s${i}], claims: { groups: { has: staff } }, grant: { account: A, publish: ["p${i}.{t}.>"] }`,
  (i: number) =>
    `claims: { repository_id: "${i}" }, grant: { account: A, publish: ["q.{t}.n${i}"], deny_publish: [q.x.n${i}] }`,
  (i: number) => `client: c${i}, roles: [r${i}]`,
  (i: number) => `subject: u${i}, grant: { account: A, subscribe: [{ set: s${i} }] }`,
];
function opened(count: number) {
  const all = Array.from({ length: count }, (_, i) => i);
  const rules = all.map((i) => `  - { name: x${i}, issuer: corp, ${kinds[i % 4]?.(i)} }`);
  const roles = all.filter((i) => i % 4 === 2);
  const sets = all.filter((i) => i % 4 === 3);
  const text = `version: 1
roles:
${roles.map((i) => `  r${i}: { account: A, publish: [r${i}.x], inbox: _INBOX.r${i} }`).join("\n")}
subject_sets:
${sets.map((i) => `  s${i}: [t${i}.a, t${i}.b]`).join("\n")}
rules:
${rules.join("\n")}
`;
  return openPolicy([{ path: "policy.yaml", bytes: Buffer.from(text) }]);
}

test("ten times the rules are ten times the work, and no more", () => {
  const work = (count: number) => {
    const open = opened(count);
    const reads = counting();
    const rules = open.written.rules.map((each) => ({ ...each, rule: reads.of(each.rule) }));
    const roles = open.written.roles.map((each) => ({ ...each, role: reads.of(each.role) }));
    const written = { ...open.written, rules, roles };
    const measure = { limit_bytes: 10, bytes: () => 1 };
    const { findings } = lint({ ...open, written }, [issuerNamed("corp")], measure);
    assert.equal(findings.filter(({ id }) => id === "deny-list").length, count / 4);
    return reads.count();
  };
  const [few, many] = [work(200), work(2_000)];
  assert.ok(few > 2_000, `${few} reads`);
  assert.ok(many <= few * 11, `200 rules: ${few} reads, 2,000 rules: ${many}`);
});
