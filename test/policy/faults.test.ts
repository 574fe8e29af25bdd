import assert from "node:assert/strict";
import { test } from "node:test";
import { FaultError } from "../../src/config/index.ts";
import { loadPolicy, openPolicy } from "../../src/policy/index.ts";
import { CONTEXT, faultsOf, GOOD } from "./support.ts";

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
      '27:24 unknown account "ORDRES": did you mean "ORDERS"?',
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
      "connection_types: [LEAFNODE_WS]",
      "8:24 must be STANDARD, WEBSOCKET, LEAFNODE, MQTT or IN_PROCESS",
    ],
    [
      "connection_types: [STANDARD]",
      "connection_types: [standard]",
      "8:24 must be STANDARD, WEBSOCKET, LEAFNODE",
    ],
    [
      "connection_types: [STANDARD]",
      "connection_types: []",
      "8:5 must be a list of STANDARD, WEBSOCKET",
    ],
    [
      "connection_types: [STANDARD]",
      "connection_types: [STANDARD, STANDARD]",
      "8:5 must be a list of STANDARD,",
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
    [
      "    publish: [",
      "    account: ORDERS\n    publish: [",
      "6:5 Map keys must be unique: this one stands above already",
    ],
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

test("what does not fit the schema is told together with what a schema cannot say, and nothing twice", () => {
  const faults = faultsOf(`version: 1
roles:
  x: { account: ORDRS, publsh: [a], publish: ["a..b"] }
  w: { account: ORDERS, publish: 5 }
  v: nonsense
rules:
  - { name: r1, issuer: crop, roles: [x, y, v, w] }
  - { name: r2, issuer: corp }
`);
  assert.deepEqual(faults, [
    '3:8 unknown account "ORDRS": did you mean "ORDERS"?',
    '3:24 unknown key "publsh": did you mean "publish"?',
    '3:47 "a..b" has an empty token',
    "4:25 must be a list of at most 1000 subjects", // and not that w gives nothing
    "5:3 must be a map: lines of key: value", // and not that v is unknown
    '7:17 unknown issuer "crop": did you mean "corp"?',
    '7:42 unknown role "y": did you mean "x"?',
    "8:5 gives nothing: it needs roles, grant or admin",
  ]);
});

test("whoever explains a policy is told the same faults as whoever loads it, also those beyond a schema", () => {
  const text = changed("    ttl: 10m", "    ttl: 10 minutes").replace(
    "roles: [worker]",
    "roles: [w]",
  );
  const source = { path: "policy.yaml", bytes: Buffer.from(text) };
  const told = (read: () => unknown) => {
    try {
      return read();
    } catch (error) {
      assert.ok(error instanceof FaultError);
      return error.faults;
    }
  };
  const faults = told(() => loadPolicy([source], CONTEXT));
  assert.ok(Array.isArray(faults) && faults.length >= 2, JSON.stringify(faults));
  assert.deepEqual(
    told(() => openPolicy([source], CONTEXT)),
    faults,
  );
});
