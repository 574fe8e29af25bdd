import assert from "node:assert/strict";
import { test } from "node:test";
import type { Identity } from "../../src/identity/index.ts";
import { type Decision, decide } from "../../src/policy/index.ts";
import { faultsOf, identityOf, NOW_S, policyOf } from "./support.ts";

/** A policy of one rule with these criteria, written as a flow mapping. */
const withRule = (criteria: string) => `version: 1
rules:
  - { name: r, issuer: corp, grant: { account: ORDERS, publish: [x] }, ${criteria} }
`;
const decision = (criteria: string, identity: Partial<Identity>): Decision =>
  decide(policyOf(withRule(criteria)), identityOf(identity), {}, NOW_S);

/** Undefined when the rule matches. */
const missed = (criteria: string, identity: Partial<Identity>) =>
  decision(criteria, identity).trace[0]?.missed;

test("each criterion of a rule must match and is named when it does not", () => {
  const table: [string, Partial<Identity>, string | undefined][] = [
    ["kind: client", { kind: "client" }, undefined],
    ["kind: client", { kind: "user" }, "kind"],
    ["client: app", { client: "app" }, undefined],
    ["client: app", { client: "App" }, "client"],
    ["client: app", {}, "client"],
    ["client: [app, other]", { client: "other" }, undefined],
    ["client: [app, other]", {}, "client"],
    ["subject: alice", {}, undefined],
    ["subject: alic", {}, "subject"],
    ["subject: [bob, alice]", {}, undefined],
    ["subject: [bob, eve]", {}, "subject"],
    ["scopes: [a, b]", { scopes: ["b", "c", "a"] }, undefined],
    ["scopes: [a, b]", { scopes: ["a"] }, "scopes"],
    ["scopes: [orders]", { scopes: ["orders.read"] }, "scopes"],
    ["any_scope: [a, b]", { scopes: ["b"] }, undefined],
    ["any_scope: [a, b]", { scopes: [] }, "any_scope"],
    ["kind: user, claims: { ref: main }", { claims: { ref: "dev" } }, "claims.ref"],
    ["kind: user", { issuer: "github" }, "issuer"],
    ["kind: user", { issuer: "nobody" }, "issuer"],
  ];
  for (const [criteria, identity, expected] of table) {
    assert.equal(missed(criteria, identity), expected, `${criteria} ${JSON.stringify(identity)}`);
  }
});

test("claims are compared by value and type, and arrays by has only", () => {
  const table: [criterion: string, fits: unknown[], misses: unknown[]][] = [
    [
      "main",
      ["main"],
      ["Main", "main ", "mai", "", ["main"], { main: 1 }, null, undefined, 0, true],
    ],
    ['"5"', ["5"], [5, "05", ["5"]]],
    ["5", [5], ["5", 5.5, [5], true]],
    ["1", [1], [true, "1"]],
    ["true", [true], ["true", 1, [true], false, null]],
    ["false", [false], [undefined, null, 0, ""]],
    ['""', [""], [undefined, null, 0, false, []]],
    ["[push, 5]", ["push", 5], ["pus", "5", ["push"], undefined]],
    [
      "{ has: ops }",
      [["ops"], ["a", "ops"]],
      ["ops", [], ["opsx"], [["ops"]], { ops: 1 }, { 0: "ops", length: 1 }],
    ],
    ["{ has: [ops, 5] }", [["ops"], [5]], [["5"], 5, []]],
    ["{ exists: true }", ["", 0, false, [], {}], [undefined, null]],
    ["{ not: main }", ["dev", ""], ["main", undefined, null, 5, true, ["dev"], {}]],
    ["{ not: [a, b] }", ["c"], ["a", "b", ["c"], undefined]],
    ["{ not: 5 }", [6, 0], [5, "5", "6", undefined]],
    ["{ not: true }", [false], [true, "false", undefined, 0]],
  ];
  for (const [criterion, fits, misses] of table) {
    for (const x of fits)
      assert.equal(
        missed(`claims: { x: ${criterion} }`, { claims: { x } }),
        undefined,
        `${criterion} ${x}`,
      );
    for (const x of misses) {
      assert.equal(
        missed(`claims: { x: ${criterion} }`, { claims: { x } }),
        "claims.x",
        `${criterion} ${JSON.stringify(x)}`,
      );
    }
    assert.equal(missed(`claims: { x: ${criterion} }`, { claims: {} }), "claims.x");
  }
});

test("a key is the name of one claim as it stands, or a pointer if it starts with a slash", () => {
  const claims = {
    "a.b": "dotted",
    a: { b: "nested", "": "empty" },
    "https://sts.test/": { org_id: "o-1" },
    list: ["zero", ["one"]],
    "~": "tilde",
    "": "nameless",
    "/x": "slash",
    __x: 1,
  };
  const table: [string, string, boolean][] = [
    ["a.b", "dotted", true],
    ["a.b", "nested", false],
    ["/a/b", "nested", true],
    ["/a.b", "dotted", true],
    ["/a/", "empty", true],
    ["/", "nameless", true],
    ["/https:~1~1sts.test~1/org_id", "o-1", true],
    ["https://sts.test/", "o-1", false],
    ["/list/0", "zero", true],
    ["/list/1/0", "one", true],
    ["/list/00", "zero", false],
    ["/list/-", "zero", false],
    ["/list/length", "2", false],
    ["/~0", "tilde", true],
    ["/~1x", "slash", true],
    ["~", "tilde", true],
  ];
  for (const [key, value, expected] of table) {
    const criteria = `claims: { ${JSON.stringify(key)}: ${JSON.stringify(value)} }`;
    assert.equal(missed(criteria, { claims }), expected ? undefined : `claims.${key}`, key);
  }
});

test("what every object inherits is never a claim", () => {
  for (const key of [
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "/constructor/name",
    "/__proto__/x",
    "/l/length",
    "/s/0",
  ]) {
    const claims = { l: [1], s: "text" };
    for (const criterion of ["{ exists: true }", "Object", "{ not: x }", "1", "t"]) {
      assert.equal(
        missed(`claims: { ${JSON.stringify(key)}: ${criterion} }`, { claims }),
        `claims.${key}`,
      );
    }
  }
});

test("a groups overage makes every criterion on groups miss, whatever the token still holds", () => {
  const overage = "claims.groups is not all in the token (overage)";
  for (const more of [
    { _claim_names: { groups: "src1" } },
    { _claim_names: {} },
    { _claim_names: null },
    { hasgroups: true },
  ]) {
    for (const criterion of ["{ has: ops }", "{ exists: true }"]) {
      assert.equal(
        missed(`claims: { groups: ${criterion} }`, { claims: { groups: ["ops"], ...more } }),
        overage,
      );
    }
    assert.equal(
      missed("claims: { /groups/0: ops }", { claims: { groups: ["ops"], ...more } })?.startsWith(
        "claims./groups/0 ",
      ),
      true,
    );
    assert.equal(
      missed("claims: { groups: { not: dev } }", { claims: { groups: "ops", ...more } }),
      overage,
    );
    assert.equal(missed("claims: { x: y }", { claims: { x: "y", ...more } }), undefined);
  }
  assert.equal(
    missed("claims: { wids: { has: a } }", {
      claims: { wids: ["a"], _claim_names: { wids: "src1" } },
    }),
    "claims.wids is not all in the token (overage)",
  );
});

test("criteria that say nothing, or not what they seem to, are faults", () => {
  const table: [string, string][] = [
    ["claims: {}", "must be a map with at least one claim"],
    ["claims: { x: [] }", "must be a text"],
    ["claims: { x: null }", "must be a text"],
    ["claims: { x: { like: a } }", "has no *"],
    ["claims: { x: { like: [a*, b**] } }", "has two * in a row"],
    ["claims: { x: { like: [] } }", "must be a text"],
    ["claims: { x: { domain: example.com } }", "is for the claim email"],
    ["claims: { /a/email: { domain: example.com } }", "is for the claim email"],
    ["claims: { email: { domain: Example.com } }", "must be a text"],
    ["claims: { email: { domain: com } }", "must be a text"],
    ["claims: { x: { has: a, not: b } }", "unknown keys"],
    ["claims: { x: { has: [] } }", "must be a text"],
    ["claims: { x: { exists: false } }", "must be a text"],
    ["claims: { x: [[a]] }", "must be a text"],
    ["claims: { x: .nan }", "must be a text"],
    ["claims: { x: 9007199254740993 }", "must be a text"],
    ["claims: { x: { not: [a, 5] } }", "must be of one type"],
    ['claims: { "": a }', "neither the name of a claim nor a JSON Pointer"],
    ["claims: { /a~2: a }", "neither the name of a claim nor a JSON Pointer"],
    ['claims: { "x\\ny": null }', "must be a text"],
    ["scopes: []", "must be a list of scopes"],
    ["scopes: [a b]", "must be one scope"],
    ["any_scope: []", "must be a list of scopes"],
    ["subject: []", "must be a subject or a list"],
    ["client: []", "must be a client or a list"],
    ["subject: 5", "must be a subject or a list"],
    ["kind: robot", "must be user, client or workload"],
    ["roles: []", "must be a list"],
  ];
  for (const [criteria, message] of table) {
    const faults = faultsOf(withRule(criteria));
    assert.equal(faults.length, 1, `${criteria}: ${faults.join(" | ")}`);
    assert.ok(
      faults[0]?.startsWith("3:") && faults[0].includes(message),
      `${criteria}: ${faults[0]}`,
    );
  }
});
