import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { FaultError } from "../../src/config/index.ts";
import { loadPolicy } from "../../src/policy/index.ts";
import { CONTEXT, faultsOf, GOOD, policyOf } from "./support.ts";

test("a policy with everything in it loads, with the digest of its path and bytes", () => {
  const policy = policyOf(GOOD);
  const digest = createHash("sha256").update(`policy.yaml\0${GOOD}\0`).digest("hex");
  assert.equal(policy.digest, digest);
  assert.deepEqual(policy.files, ["policy.yaml"]);
});

test("the digest tells apart what only moves between path and bytes", () => {
  const digest = (path: string, text: string) =>
    loadPolicy([{ path, bytes: Buffer.from(text) }], CONTEXT).digest;
  const text = "version: 1\nrules: []\n";
  assert.notEqual(digest("a", text), digest("b", text));
  assert.notEqual(digest("a", text), digest("a", `${text}#\n`));
});

test("a policy without rules is a policy that gives nobody anything", () => {
  assert.deepEqual(faultsOf("version: 1\nrules: []\n"), []);
});

test("a role or rule that gives nothing is a fault", () => {
  const faults = faultsOf(`version: 1
roles:
  none: { account: ORDERS, publish: [] }
  inbox: { account: ORDERS, inbox: shared }
rules:
  - { name: r, issuer: corp }
`);
  assert.deepEqual(faults, [
    "3:3 permits nothing: give it publish, subscribe or respond",
    "4:3 permits nothing: give it publish, subscribe or respond",
    "6:5 gives nothing: it needs roles, grant or admin",
  ]);
});

test("two rules cannot share a name, nor two grants a role name", () => {
  const rule = (name: string) =>
    `  - { name: "${name}", issuer: corp, grant: { account: ORDERS, publish: [a] } }\n`;
  assert.deepEqual(faultsOf(`version: 1\nrules:\n${rule("a b")}${rule("a b")}`), [
    '4:7 a rule before it is called "a b" too',
    '4:34 is the role "a-b", after its rule: that name is taken',
  ]);
  assert.equal(faultsOf(`version: 1\nrules:\n${rule("a b")}${rule("a / b")}`).length, 1);
  assert.deepEqual(faultsOf(`version: 1\nrules:\n${rule("a b")}${rule("a - b")}`), []);
});

test("the inline grant of one rule is no role for another", () => {
  const faults = faultsOf(`version: 1
rules:
  - { name: a, issuer: corp, grant: { account: ORDERS, publish: [x] } }
  - { name: b, issuer: corp, roles: [a] }
`);
  assert.deepEqual(faults, ['4:38 unknown role "a"']);
});

test("reserved subjects load with allow_reserved, and respond and inboxes need none", () => {
  const role = (fields: string) =>
    `version: 1\nroles: { r: { account: ORDERS, ${fields} } }\nrules: []\n`;
  assert.deepEqual(
    faultsOf(role('allow_reserved: true, publish: [$JS.API.>, "*.x", ">"], subscribe: [_INBOX.>]')),
    [],
  );
  assert.deepEqual(faultsOf(role("respond: true, inbox: shared")), []);
  assert.equal(
    faultsOf(role('publish: [$JS.API.>, "*.x", ">", _x], subscribe: ["$SYS.> q"]')).length,
    5,
  );
});

test("ranges of times must not overlap", () => {
  const faults = faultsOf(`version: 1
roles:
  r:
    account: ORDERS
    publish: [a]
    times:
      location: UTC
      ranges:
        - { start: 08:00:00, end: 12:00:00 }
        - { start: 12:00:00, end: 13:00:00 }
        - { start: 11:59:59, end: 12:30:00 }
rules: []
`);
  assert.deepEqual(faults, ["11:11 overlaps a range before it"]);
});

test("networks are read strictly", () => {
  const role = (network: string) =>
    `version: 1\nroles: { r: { account: ORDERS, publish: [a], source_networks: [${JSON.stringify(network)}] } }\nrules: []\n`;
  for (const good of [
    "0.0.0.0/0",
    "::/0",
    "10.1.2.3/32",
    "2001:DB8::/32",
    "::1/128",
    "fe80::/10",
    "1:2:3:4:5:6:7:8/128",
  ]) {
    assert.deepEqual(faultsOf(role(good)), [], good);
  }
  for (const bad of [
    "",
    "10.0.0.0",
    "10.0.0/8",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "010.0.0.0/8",
    "10.0.0.0/-1",
    "10.0.0.0/8 ",
    "10.0.0.0/8/8",
    "0x0a.0.0.0/8",
    "::1",
    "::/129",
    "2001:db8::1/32",
    "::ffff:10.0.0.0/104",
    "::ffff:a00:0/104",
    "fe80::1%eth0/128",
    "localhost/8",
  ]) {
    assert.equal(faultsOf(role(bad)).length, 1, bad);
  }
});

test("YAML that hides something is refused with its line", () => {
  const table: [string, RegExp][] = [
    [
      "version: 1\nroles: &a {}\nrules: []\nadmin_roles: *a\n",
      /^4:14 YAML aliases are not supported/,
    ],
    ["version: 1\nversion: 1\nrules: []\n", /^2:1 Map keys must be unique/],
    ["version: 1\nrules: []\n---\nversion: 1\n", /^3:1 /],
    ["version: !!js/function 1\nrules: []\n", /^1:10 /],
    ["version: 1\nrules:\n  <<: {}\n", /^2:1 /],
    ["version: 1\nrules: [\n", /^\d+:\d+ /],
    ["", /^1:1 /],
    ["just text", /^1:1 /],
  ];
  for (const [text, fault] of table) {
    const [first] = faultsOf(text);
    assert.match(first ?? "loaded", fault, text);
  }
  const bomb = `a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nversion: 1\nrules: *c\n`;
  assert.match(faultsOf(bomb)[0] ?? "loaded", /aliases/);
});

test("a key with a line break or a name that objects inherit is checked like any other", () => {
  const roles = (key: string) =>
    `version: 1\nroles:\n  ${key}: { account: ORDERS, publish: [a], foo: 1 }\nrules: []\n`;
  for (const key of ['"a\\nb"', "__proto__", "constructor", '""']) {
    const faults = faultsOf(roles(key));
    assert.ok(faults[0]?.startsWith("3:"), `${key}: ${faults.join(" | ")}`);
  }
  for (const name of ["__proto__", "constructor", "toString"]) {
    assert.equal(
      faultsOf(`version: 1\nrules: [{ name: r, issuer: corp, roles: [${name}] }]\n`).length,
      1,
    );
    assert.equal(
      faultsOf(`version: 1\nrules: [{ name: r, issuer: corp, admin: [${name}] }]\n`).length,
      1,
    );
  }
});

test("bytes that are not UTF-8 are a fault at their line", () => {
  const bytes = Buffer.concat([
    Buffer.from("version: 1\n# "),
    Buffer.from([0xff]),
    Buffer.from("\nrules: []\n"),
  ]);
  assert.deepEqual(faultsOf(bytes), ["2:3 is not UTF-8"]);
  const cut = Buffer.concat([Buffer.from("version: 1\nrules: [] # "), Buffer.from([0xc5])]);
  assert.deepEqual(faultsOf(cut), ["2:13 is not UTF-8"]);
});

test("a policy without a file is a mistake of the caller", () => {
  assert.throws(() => loadPolicy([], CONTEXT), RangeError);
});

test("a file beside the root that the root does not include is a fault", () => {
  const file = (path: string) => ({ path, bytes: Buffer.from("version: 1\nrules: []\n") });
  assert.throws(
    () => loadPolicy([file("b"), file("a")], CONTEXT),
    (error) => error instanceof FaultError && error.message.startsWith("a:1:1: is not included"),
  );
  assert.throws(
    () => loadPolicy([file("a"), file("a")], CONTEXT),
    (error) => error instanceof FaultError && error.message.startsWith("a:1:1: is not included"),
  );
});
