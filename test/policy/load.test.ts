import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { FaultError } from "../../src/config/index.ts";
import { loadPolicy } from "../../src/policy/index.ts";
import { CONTEXT, faultsOf, policyOf } from "./support.ts";

const GOOD = `version: 1
roles:
  worker:
    account: ORDERS
    subscribe: ["orders.new workers"]
    publish: ["orders.done.{repository_owner_id}.>"]
    respond: true
    connection_types: [STANDARD]
    source_networks: [10.0.0.0/8, 2001:db8::/32]
    times: { location: Europe/Warsaw, ranges: [{ start: 08:00:00, end: "18:00:00" }] }
    limits: { subscriptions: 100, payload_bytes: 65536, data_bytes: 1 }
    inbox: _INBOX.orders
    ttl: 10m
rules:
  - name: everything a rule can say
    issuer: github
    kind: workload
    client: app
    subject: [a, b]
    scopes: [x]
    any_scope: [y, z]
    claims: { ref: main, /a/b: { has: [c] }, n: { not: 5 } }
    roles: [worker]
    grant: { account: BILLING, publish: [bills.>] }
    admin: [oncall]
admin_roles:
  oncall: { accounts: [ORDERS], can: [revoke, journal, approve] }
`;

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

/** The good policy with one line replaced. */
const changed = (from: string, to: string) => {
  assert.ok(GOOD.includes(from), from);
  return GOOD.replace(from, to);
};

test("every fault stands at its line and column and says what to do", () => {
  const table: [from: string, to: string, fault: string][] = [
    ["version: 1", "version: 2", "1:1 must be 1"],
    ["version: 1\n", "", '1:1 missing key "version"'],
    [
      "    account: ORDERS",
      "    account: ORDER",
      '4:5 unknown account "ORDER": did you mean "ORDERS"?',
    ],
    [
      "account: BILLING",
      "account: billing",
      '24:14 unknown account "billing"; known here: ORDERS, BILLING',
    ],
    ["issuer: github", "issuer: gihub", '16:5 unknown issuer "gihub": did you mean "github"?'],
    [
      "roles: [worker]",
      "roles: [worker, workr]",
      '23:21 unknown role "workr": did you mean "worker"?',
    ],
    [
      "admin: [oncall]",
      "admin: [oncal]",
      '25:13 unknown admin role "oncal": did you mean "oncall"?',
    ],
    [
      "accounts: [ORDERS]",
      "accounts: [ORDRES]",
      '27:24 unknown account "ORDRES"; known here: ORDERS, BILLING',
    ],
    ["accounts: [ORDERS], can", "can", '27:3 missing key "accounts"'],
    ["can: [revoke", "can: [revok", "27:39 must be revoke, journal or approve"],
    ["  worker:\n", "  wor ker:\n", '3:3 "wor ker" is no name for a role'],
    ["  oncall: {", "  on.call: {", '27:3 "on.call" is no name for an admin role'],
    ["    publish: [", "    publsh: [", '6:5 unknown key "publsh": did you mean "publish"?'],
    ["    kind: workload", "    knd: workload", '17:5 unknown key "knd": did you mean "kind"?'],
    ["version: 1", "version: 1\nfoo: 1", '2:1 unknown key "foo"'],
    [
      '"orders.new workers"',
      '"orders..new workers"',
      '5:17 "orders..new workers" has an empty token',
    ],
    ['"orders.new workers"', '"a  b"', '5:17 "a  b" must hold one space at most'],
    [
      '"orders.done.',
      '"orders.done x.',
      '6:15 "orders.done x.{repository_owner_id}.>" must not hold a space',
    ],
    ['"orders.done.', '"a.>.', '6:15 "a.>.{repository_owner_id}.>" has > before its end'],
    ['"orders.done.', '"a*b.', '6:15 "a*b.{repository_owner_id}.>" has * or > inside a token'],
    [
      '"orders.done.',
      '"$JS.',
      '6:15 "$JS.{repository_owner_id}.>" can start with $ or _, which is reserved',
    ],
    [
      '"orders.done.',
      '"*.',
      '6:15 "*.{repository_owner_id}.>" can start with $ or _, which is reserved',
    ],
    ['["orders.done.{repository_owner_id}.>"]', "[_INBOX.>]", "respond: true is enough"],
    [
      '["orders.new workers"]',
      '"orders.new workers"',
      "5:5 must be a list of at most 1000 subjects",
    ],
    ["respond: true", "respond: yes", "7:5 must be true or false"],
    [
      "connection_types: [STANDARD]",
      "connection_types: [LEAFNODE]",
      "8:24 must be STANDARD or WEBSOCKET",
    ],
    [
      "connection_types: [STANDARD]",
      "connection_types: [standard]",
      "8:24 must be STANDARD or WEBSOCKET",
    ],
    [
      "connection_types: [STANDARD]",
      "connection_types: []",
      "8:5 must be a list of STANDARD and WEBSOCKET",
    ],
    [
      "connection_types: [STANDARD]",
      "connection_types: [STANDARD, STANDARD]",
      "8:5 must be a list of STANDARD",
    ],
    ["10.0.0.0/8", "10.0.0.1", '9:23 "10.0.0.1" needs a mask: 10.0.0.1/32 is one address'],
    ["10.0.0.0/8", "10.0.0.1/8", '9:23 "10.0.0.1/8" has bits beyond its mask of 8'],
    ["10.0.0.0/8, 2001:db8::/32", "", "9:5 must be a list"],
    ["Europe/Warsaw", "Europe/Warsow", '10:14 "Europe/Warsow" is not an IANA time zone'],
    ["Europe/Warsaw", "Europe/warsaw", '10:14 "Europe/warsaw" is written Europe/Warsaw'],
    ["Europe/Warsaw", "Local", '10:14 "Local" is not an IANA time zone'],
    ["Europe/Warsaw", '"+01:00"', '10:14 "+01:00" is not an IANA time zone'],
    ["start: 08:00:00", "start: 19:00:00", "10:48 must start before it ends"],
    ["start: 08:00:00", "start: 8:00", "10:"],
    ['end: "18:00:00"', "end: 24:00:00", "10:"],
    ["subscriptions: 100", "subscriptions: 0", "11:15 must be a whole number of at least 1"],
    ["payload_bytes: 65536", "payload_bytes: 1.5", "11:35 must be a whole number of at least 1"],
    ["inbox: _INBOX.orders", "inbox: _INBOX", "12:5 must be private, shared, or a prefix"],
    ["inbox: _INBOX.orders", "inbox: _INBOX.>", "12:5 must be private, shared, or a prefix"],
    ["inbox: _INBOX.orders", "inbox: orders", "12:5 must be private, shared, or a prefix"],
    [
      "inbox: _INBOX.orders",
      `inbox: _INBOX.${"a".repeat(32)}`,
      "12:5 has the form of somebody's private inbox",
    ],
    ["ttl: 10m", "ttl: 10", "13:5 must be a duration"],
    ["ttl: 10m", "ttl: 4s", "13:5 must be at least 5s"],
    [
      "name: everything a rule can say",
      "name: worker",
      '24:5 is the role "worker", after its rule: that name is taken',
    ],
    [
      "name: everything a rule can say",
      "name: (a)",
      '15:5 makes "-a-" of its grant, which is no name for a role',
    ],
    ["name: everything a rule can say", 'name: "a\\nb"', "15:5 must be 1 to 128 characters"],
    ["    publish: [", "    account: ORDERS\n    publish: [", "6:5 Map keys must be unique"],
  ];
  const wrong = table.flatMap(([from, to, fault]) => {
    const faults = faultsOf(changed(from, to));
    // A name that is wrong where it is made is missed where it is used.
    const [one] = faults.filter((said) => said.includes(fault));
    return one !== undefined && faults.length <= 2 ? [] : [{ to, fault, faults }];
  });
  assert.deepEqual(wrong, []);
});

test("all faults are told at once, in the order of the file", () => {
  const faults = faultsOf(
    changed("    account: ORDERS", "    account: A")
      .replace("issuer: github", "issuer: B")
      .replace("[worker]", "[C]"),
  );
  assert.deepEqual(
    faults.map((fault) => fault.split(" ")[0]),
    ["4:5", "16:5", "23:13"],
  );
  const keys = Array.from({ length: 20 }, (_, i) => `x${i}: 1`).join("\n");
  assert.equal(faultsOf(`version: 1\nrules: []\n${keys}\n`).length, 20);
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
      /^1:1 YAML aliases are not supported/,
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
  assert.deepEqual(faultsOf(bytes), ["2:1 is not UTF-8"]);
  const cut = Buffer.concat([Buffer.from("version: 1\nrules: [] # "), Buffer.from([0xc5])]);
  assert.deepEqual(faultsOf(cut), ["2:1 is not UTF-8"]);
});

test("several files, or none, are refused", () => {
  const file = (path: string) => ({ path, bytes: Buffer.from("version: 1\nrules: []\n") });
  assert.throws(
    () => loadPolicy([file("b"), file("a")], CONTEXT),
    (error) => {
      return error instanceof FaultError && error.message.startsWith("b:1:1: ");
    },
  );
  assert.throws(() => loadPolicy([], CONTEXT), RangeError);
});
