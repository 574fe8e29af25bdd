import assert from "node:assert/strict";
import { test } from "node:test";
import { FaultError } from "../../../src/config/index.ts";
import { coverage, identityFor, issuerNamed, loadCases } from "../../../src/policy/index.ts";
import { ISSUERS, opened, run } from "./support.ts";

function faultsOf(text: string): readonly string[] {
  try {
    loadCases(Buffer.from(text), "c.yaml");
    return [];
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return error.faults.map(({ line, col, message }) => `${line}:${col} ${message}`);
  }
}

const FAULTS: readonly (readonly [text: string, ...faults: string[]])[] = [
  ["cases: []\n", "1:1 must be a list of at least one case"],
  [
    "cases:\n  - { name: a, claims: {}, granted: {}, refuse: x }\n",
    '2:41 unknown key "refuse": did you mean "refused"?',
  ],
  [
    "cases:\n  - { name: a, granted: {} }\n",
    "2:5 needs claims or claims_file, and only one of them",
  ],
  [
    "cases:\n  - { name: a, claims: {} }\n",
    "2:5 expects nothing: give it granted, refused, missed, may or may_not",
  ],
  [
    "cases:\n  - { name: a, claims: {}, refused: token_expired, granted: {} }\n",
    "2:52 cannot stand beside refused: drop one of them",
  ],
  [
    "cases:\n  - { name: a, claims: {}, refused: denied }\n",
    "2:28 must be a code of the error table, such as no_rule_matched",
  ],
  [
    "cases:\n  - { name: a, claims: {}, may: { publish: [a..b] } }\n",
    '2:45 "a..b" has an empty token',
  ],
  [
    "cases:\n  - { name: a, claims: {}, granted: {} }\n  - { name: a, claims: {}, granted: {} }\n",
    "3:7 a case before it has this name too",
  ],
];

for (const [text, ...faults] of FAULTS) {
  test(`is refused with its place: ${faults[0]}`, () => assert.deepEqual(faultsOf(text), faults));
}

const CLAIMS = { sub: "a" };

test("the issuer is the one named, that of iss, or the only one", () => {
  const [corp] = ISSUERS;
  assert.ok(corp);
  const issuerOf = (claims: object, named: string | undefined, issuers = ISSUERS) => {
    const who = identityFor({ ...CLAIMS, ...claims }, named, issuers);
    return "identity" in who ? who.identity.issuer : who.code;
  };
  assert.equal(issuerOf({}, "corp"), "corp");
  assert.equal(issuerOf({ iss: corp.url }, undefined), "corp");
  assert.equal(issuerOf({}, undefined, [corp]), "corp");
  assert.equal(issuerOf({}, undefined), "issuer_untrusted");
  assert.equal(issuerOf({ iss: "https://else.test" }, undefined, [corp]), "issuer_untrusted");
  assert.equal(issuerOf({}, "github"), "github");
  const known = { ...corp, url: "https://corp.test" };
  assert.equal(issuerOf({ iss: "https://corp.test" }, "corp", [known]), "corp");
  assert.equal(issuerOf({ iss: "https://else.test" }, "corp", [known]), "issuer_untrusted");
  assert.equal(issuerNamed("github").preset, "github");
  assert.equal(issuerNamed("anything").preset, "generic");
});

test("a case is decided at the time of its token, whenever it is run", () => {
  const at = (claims: object) => {
    const who = identityFor({ ...CLAIMS, ...claims }, "corp", ISSUERS);
    assert.ok("identity" in who);
    return [who.now_s, who.identity.token_expires_at];
  };
  assert.deepEqual(at({ iat: 1000, exp: 2000 }), [1000, 2000]);
  assert.deepEqual(at({ exp: 5000 }), [1400, 5000]);
  assert.deepEqual(at({ iat: 1000 }), [1000, 4600]);
  const [now_s = 0, expires = 0] = at({});
  assert.equal(expires - now_s, 3600);
});

test("claims that make no identity are refused with the code and the reason of the service", () => {
  const policy = "rules:\n  - { name: r, issuer: corp, grant: { account: A, publish: [a] } }";
  assert.deepEqual(
    run(policy, "issuer: corp, claims: {}, refused: token_claims_invalid").differs,
    [],
  );
  assert.deepEqual(run(policy, "issuer: corp, claims: {}, granted: {}").differs, [
    "expected a credential, but refused with token_claims_invalid: read as generic: sub is missing",
  ]);
  const heard = run(policy, "issuer: corp, claims: {}, refused: token_claims_invalid, kind: user");
  assert.deepEqual(heard.differs, ["expected missed or kind, but the claims make no identity"]);
});

test("coverage counts rules that matched and roles that were granted", () => {
  const policy = `roles: { x: { account: A, publish: [a] }, y: { account: A, publish: [b] } }
rules:
  - { name: one, issuer: corp, scopes: [one], roles: [x] }
  - { name: two, issuer: corp, scopes: [two], roles: [y] }`;
  const one = run(policy, "issuer: corp, claims: { sub: a, scope: one }, granted: {}");
  const both = run(
    policy,
    "issuer: corp, claims: { sub: a, scope: one two }, request: { roles: [x] }, granted: {}",
  );
  assert.deepEqual(coverage(opened(policy), [one]), {
    rules: { reached: 1, all: 2 },
    roles: { reached: 1, all: 2 },
    unreached_rules: ["two"],
    unreached_roles: ["y"],
    percent: 50,
  });
  assert.equal(coverage(opened(policy), [both]).percent, 75);
  assert.equal(coverage(opened("rules: []"), []).percent, 100);
});
