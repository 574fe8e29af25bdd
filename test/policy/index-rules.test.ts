import assert from "node:assert/strict";
import { test } from "node:test";
import type { Identity } from "../../src/identity/index.ts";
import { crowdedAt } from "../../src/policy/count-rules.ts";
import { decide, type Policy, traceOf } from "../../src/policy/index.ts";
import { candidates } from "../../src/policy/index-rules.ts";
import { fc } from "../support/fc.ts";
import { counting } from "./counting.ts";
import { faultsOf, identityOf, NOW_S, policyOf } from "./support.ts";

/** What a rule may ask, in a world small enough for rules to share values. */
const word = fc.constantFrom("a", "b", "c");
const criterion = fc.oneof(
  word.map((w) => w),
  fc.uniqueArray(word, { minLength: 1, maxLength: 2 }),
  word.map((has) => ({ has })),
  fc.constant({ exists: true }),
  word.map((not) => ({ not })),
  word.map((w) => ({ like: `${w}*` })),
  fc.constantFrom("ab*", "*b", "a*b*", ["ab*", "b*"], ["c*", "*"]).map((like) => ({ like })),
);
const domain = fc.constantFrom("a.test", "b.test", ["a.test", "c.test"]);
const one = fc.oneof(word, fc.uniqueArray(word, { minLength: 1, maxLength: 2 }));
const list = fc.uniqueArray(word, { minLength: 1, maxLength: 2 });
const rule = fc.record(
  {
    issuer: fc.constantFrom("corp", "corp", "github"),
    kind: fc.constantFrom("user", "client"),
    client: one,
    subject: one,
    scopes: list,
    any_scope: list,
    claims: fc.record(
      {
        x: criterion,
        "/y/0": criterion,
        email: fc.oneof(
          domain.map((d) => ({ domain: d })),
          fc.constant({ like: "a@*" }),
        ),
      },
      { requiredKeys: ["x"] },
    ),
  },
  { requiredKeys: ["issuer"] },
);
const value = fc.oneof(word, list, fc.constantFrom(null, 1, true, "ab", "abc", "a.b", ""));
const address = fc.constantFrom("a@a.test", "b@B.Test", "a@a.test@b.test", "@a.test", "a.test", 1);
const someone = fc
  .record(
    {
      issuer: fc.constantFrom("corp", "github", "nobody"),
      subject: word,
      client: word,
      scopes: fc.uniqueArray(word),
      claims: fc.record(
        {
          ...{ x: value, y: value, hasgroups: fc.constant(true) },
          ...{ email: address, email_verified: fc.boolean() },
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ["issuer", "subject", "scopes", "claims"] },
  )
  .map((some) => identityOf(some as Partial<Identity>)); // claims as a token holds them

const policyWith = (rules: readonly object[]) =>
  policyOf(
    JSON.stringify({
      version: 1,
      rules: rules.map((each, i) => ({
        ...each,
        name: `r${i}`,
        grant: { account: "ORDERS", publish: [`p.${i}`] },
      })),
    }),
  );

/** Loading is what takes time: so many rules at once, and many identities for each. */
const rules_of_some = fc.array(rule, { minLength: 10, maxLength: 40 });
const people = fc.array(someone, { minLength: 50, maxLength: 50 });

test("the index leaves out no rule that matches, and all that it leaves out miss", () => {
  fc.assert(
    fc.property(rules_of_some, people, (rules, identities) => {
      const policy = policyWith(rules);
      for (const identity of identities) {
        const own = policy.issuers.get(identity.issuer);
        const found = own ? candidates(own.index, identity) : [];
        const trace = traceOf(policy, identity);
        assert.deepEqual(trace, decide(policy, identity, {}, NOW_S).trace);
        for (const each of own?.rules ?? []) {
          const matches = trace[each.place]?.missed === undefined;
          assert.ok(!matches || found.includes(each), each.name);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("a large policy decides as the same rules do alone", () => {
  const padding = Array.from({ length: 80 }, (_, i) => ({ issuer: "corp", subject: `pad${i}` }));
  fc.assert(
    fc.property(rules_of_some, people, (rules, identities) => {
      const [large, small] = [policyWith([...rules, ...padding]), policyWith(rules)];
      for (const identity of identities) {
        const of = (policy: Policy) => {
          const decision = decide(policy, identity, {}, NOW_S);
          return decision.allow ? decision.grant : decision.code;
        };
        assert.deepEqual(of(large), of(small));
      }
    }),
    { numRuns: 30 },
  );
});

/** Rules as a large company has them: by client, by subject, by repository, by scope and by group. */
function large(count: number): Policy {
  const kinds = [
    (i: number) => `client: app${i}`,
    (i: number) => `subject: somebody${i}`,
    (i: number) => `claims: { repository_id: "${i}", ref: refs/heads/main }`,
    (i: number) => `scopes: [orders.${i}], kind: user`,
    (i: number) => `claims: { groups: { has: team${i} } }`,
  ];
  const rules = Array.from(
    { length: count },
    (_, i) =>
      `  - { name: r${i}, issuer: corp, ${kinds[i % kinds.length]?.(i)}, grant: { account: ORDERS, publish: ["p.${i}.{t}"] } }`,
  );
  return policyOf(`version: 1\nrules:\n${rules.join("\n")}\n`);
}
const CALLER = identityOf({
  client: "app0",
  scopes: ["openid", "orders.3"],
  claims: { t: "v", groups: ["team4", "x"], repository_id: "2", ref: "refs/heads/main" },
});

const LARGE = large(10_000);

/** Rules that are found by less than a whole value. */
const SHAPES: readonly (readonly [what: string, criteria: (i: number) => string])[] = [
  ["globs", (i) => `claims: { repository: { like: "org${i}/*" } }`],
  [
    "globs, of which each has two",
    (i) => `claims: { repository: { like: [org${i}/a*, o${i}-*] } }`,
  ],
  ["globs beside a shared scope", (i) => `scopes: [s], claims: { ref: { like: "v${i}.*" } }`],
  ["globs of all lengths", (i) => `claims: { ref: { like: "${"v".repeat(i % 200)}${i}*" } }`],
  ["domains", (i) => `claims: { email: { domain: [c${i}.test, d${i}.test] } }`],
];
const SOMEBODY = identityOf({
  scopes: ["s"],
  claims: {
    ...{ repository: "org3/app", ref: "vvv3.1", email: "a@c3.test", email_verified: true },
  },
});

for (const [what, criteria] of SHAPES) {
  test(`of 2,000 rules with ${what} as many are looked at as of 10`, () => {
    const looked = (count: number) => {
      const rules = Array.from(
        { length: count },
        (_, i) =>
          `  - { name: r${i}, issuer: corp, ${criteria(i)}, grant: { account: ORDERS, publish: [p] } }`,
      );
      const policy = policyOf(`version: 1\nrules:\n${rules.join("\n")}\n`);
      const own = policy.issuers.get("corp");
      assert.ok(own);
      return candidates(own.index, SOMEBODY).map(({ name }) => name);
    };
    assert.deepEqual(looked(2_000), looked(10));
  });
}

test("no more is asked of an identity by 10,000 rules than by 10", () => {
  const looks = (policy: Policy) => {
    const reads = counting();
    const { allow } = decide(policy, reads.of(CALLER), {}, NOW_S);
    assert.ok(allow);
    return reads.count();
  };
  const [few, many] = [looks(large(10)), looks(LARGE)];
  assert.ok(few > 50, `${few} looks`);
  assert.ok(many <= few * 1.3, `10 rules: ${few} looks, 10,000 rules: ${many}`);
});

test("the trace of a large policy is short, and right in what it lists", () => {
  for (const identity of [CALLER, identityOf(), identityOf({ issuer: "github" })]) {
    const decision = decide(LARGE, identity, {}, NOW_S);
    const whole = traceOf(LARGE, identity);
    assert.equal(whole.length, 10_000);
    assert.ok(JSON.stringify(decision.trace).length < 5_000);
    const rest = decision.trace.at(-1);
    const listed = decision.trace.slice(0, -1);
    assert.deepEqual(rest, { rule: "", missed: "not listed", rules: 10_000 - listed.length });
    for (const line of listed) assert.deepEqual(line, whole[Number(line.rule.slice(1))]);
    const matched = whole.filter(({ missed }) => missed === undefined);
    for (const line of matched) assert.ok(listed.some(({ rule }) => rule === line.rule));
  }
  const refused = decide(LARGE, identityOf(), {}, NOW_S);
  assert.equal(refused.trace.length, 65);
});

test("more rules than a policy may have are one fault, soon", { timeout: 60_000 }, () => {
  const line = "  - { name: r, issuer: corp, grant: { account: ORDERS, publish: [x] } }\n";
  const faults = (count: number) => faultsOf(`version: 1\nrules:\n${line.repeat(count)}`);
  assert.deepEqual(faults(10_001), ["2:1 must be a list of at most 10000 rules"]);
  assert.deepEqual(faults(100_000), ["1:1 is larger than 6291456 bytes"]);
});

test("rules are counted by their dashes, and nothing else is", () => {
  const rules = (item: string, key = "rules:") =>
    `version: 1\n${key}\n${item.repeat(3)}roles: {}\n- x\n`;
  for (const item of [
    "- a\n",
    "  - a\n",
    "  -\n    - b\n",
    "  - |\n    - b\n\n# - c\n",
    "  - a\r\n",
  ]) {
    assert.equal(crowdedAt(rules(item), 3), undefined, item);
    assert.equal(crowdedAt(rules(item), 2), 2, item);
  }
  assert.equal(crowdedAt(rules("  - a\n", "rules: # all"), 2), 2);
  assert.equal(crowdedAt(rules("  - a\n", "  rules:"), 2), undefined);
  assert.equal(crowdedAt("rules:\n  - a\n  - b\n  - c", 2), 1);
  assert.equal(crowdedAt("", 2), undefined);
});
