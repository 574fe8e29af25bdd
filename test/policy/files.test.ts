import assert from "node:assert/strict";
import { test } from "node:test";
import { FaultError } from "../../src/config/index.ts";
import { includesOf, loadPolicy } from "../../src/policy/index.ts";
import { CONTEXT, granted, identityOf } from "./support.ts";

const ROOT = `version: 1
include:
  - path: teams/orders.yaml
    accounts: [ORDERS]
    issuers: [corp]
    subjects: [orders.>, a.*.b]
    streams: [ORDERS, KV_orders]
  - { path: bills.yaml, accounts: [BILLING], issuers: [corp, github], subjects: [bills.>] }
roles:
  common: { account: ORDERS, publish: [common.>], export: true }
  private: { account: ORDERS, publish: [private.>] }
rules:
  - { name: root, issuer: corp, scopes: [root], roles: [private, orders-shared] }
`;
const ORDERS = `version: 1
roles:
  orders: { account: ORDERS, publish: [orders.new, "a.{t}.b"], respond: true }
  orders-shared: { account: ORDERS, publish: [orders.shared], export: true }
rules:
  - { name: orders, issuer: corp, scopes: [orders], roles: [orders, common] }
`;
const BILLS = `version: 1
rules:
  - { name: bills, issuer: github, grant: { account: BILLING, publish: [bills.>] } }
`;

const load = (root = ROOT, orders = ORDERS, bills = BILLS) =>
  loadPolicy(
    [
      { path: "policy.yaml", bytes: Buffer.from(root) },
      { path: "teams/orders.yaml", bytes: Buffer.from(orders) },
      { path: "bills.yaml", bytes: Buffer.from(bills) },
    ],
    CONTEXT,
  );

const faults = (...files: Parameters<typeof load>): string[] => {
  try {
    load(...files);
    return [];
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return error.faults.map(({ file, line, col, message }) => `${file}:${line}:${col} ${message}`);
  }
};

test("beyond its fence a file gives answers to inboxes and discovery of its service, and nothing else", () => {
  const service = `version: 1
rules:
  - { name: orders, issuer: corp, scopes: [orders], grant: { account: ORDERS, service: { name: s, subjects: orders.get } } }
`;
  const { publish, subscribe, inbox_prefix } = granted(
    load(ROOT.replace(", orders-shared", ""), service),
    identityOf({ scopes: ["orders"] }),
  );
  assert.deepEqual(publish, ["_INBOX.>"]);
  const discovery = ["INFO", "PING", "STATS"].flatMap((verb) =>
    ["", ".s", ".s.>"].map((rest) => `$SRV.${verb}${rest}`),
  );
  assert.deepEqual(subscribe, [...discovery, `${inbox_prefix}.>`, "orders.get q"]);
});

test("several files are one policy, each with the roles that it may give", () => {
  const policy = load();
  assert.deepEqual(policy.files, ["bills.yaml", "policy.yaml", "teams/orders.yaml"]);
  const grant = granted(policy, identityOf({ scopes: ["orders"], claims: { t: "v" } }));
  assert.deepEqual(grant.publish, ["_INBOX.>", "a.v.b", "common.>", "orders.new"]);
  assert.deepEqual(granted(policy, identityOf({ scopes: ["root"] })).publish, [
    "orders.shared",
    "private.>",
  ]);
  assert.notEqual(policy.digest, load(ROOT, ORDERS, `${BILLS}\n`).digest);
});

test("the root file says which files there are", () => {
  const root = { path: "policy.yaml", bytes: Buffer.from(ROOT) };
  assert.deepEqual(includesOf(root), ["teams/orders.yaml", "bills.yaml"]);
  assert.throws(() => loadPolicy([root], CONTEXT), /policy.yaml:3:5: is not there/);
  assert.throws(
    () => loadPolicy([root, { path: "z", bytes: root.bytes }], CONTEXT),
    /z:1:1: is not included/,
  );
  for (const path of [
    ...["../x.yaml", "/x.yaml", "a/../b", "./a", "a//b", "", "a/", "a\\b", "..", "a/.", "'a\\0b'"],
  ])
    assert.ok(
      faults(ROOT.replace("path: bills.yaml", `path: ${JSON.stringify(path)}`)).length > 0,
      path,
    );
});

test("whatever an included file reaches for beyond its place is a fault where it stands", () => {
  const role = (fields: string, criteria = "scopes: [x]") =>
    ORDERS.replace(
      "rules:",
      `  r: { account: ORDERS, ${fields} }\nrules:\n  - { name: r, issuer: corp, ${criteria}, roles: [r] }`,
    );
  const outside = "is outside the subjects that the root file gives this file";
  const key = `A${"A".repeat(55)}`;
  const table: [orders: string, fault: string][] = [
    [role("publish: [bills.new]"), `teams/orders.yaml:5:35 "bills.new" ${outside}`],
    [role('publish: ["{t}.new"]'), outside],
    [role("publish: [orders]"), outside],
    [role("publish: [orders.x], deny_publish: ['>']"), outside],
    [role("publish: [orders.x], deny_subscribe: [common.>]"), outside],
    [role('publish: ["a.{t}.{u}"]'), outside],
    [role("publish: [a.*.>]"), outside],
    [role('subscribe: ["bills.> q"]'), outside],
    [role("allow_reserved: true, publish: [$JS.API.>]"), outside],
    [role("allow_reserved: true, subscribe: ['>']"), outside],
    [role("publish: [orders.x], inbox: shared"), outside],
    [role("publish: [orders.x], inbox: _INBOX.orders"), "is outside"],
    [role("allow_reserved: true, respond: { any_subject: true }"), "does not give this file"],
    [role("service: { name: s, subjects: bills.get }"), outside],
    [role("jetstream: [{ publish_to: { subjects: bills.new } }]"), outside],
    [role("jetstream: [{ consume: { stream: BILLS, durable: w } }]"), 'needs the stream "BILLS"'],
    [role("jetstream: [{ kv: { bucket: bills, access: read } }]"), 'needs the stream "KV_bills"'],
    [role("jetstream: [{ consume: { stream: ORDERS, durable: w, deliver: bills.x } }]"), outside],
    [
      role("jetstream: [{ consume: { stream: ORDERS, durable: w, domain: hub } }]"),
      "stands in the root file only",
    ],
    [role(`scoped_key: ${key}`), "stands in the root file only"],
    [
      role("publish: [orders.x]").replace(
        "account: ORDERS, publish: [orders.x]",
        "account: BILLING, publish: [orders.x]",
      ),
      'unknown account "BILLING"',
    ],
    [ORDERS.replace("issuer: corp", "issuer: github"), 'unknown issuer "github"'],
    [ORDERS.replace("common]", "private]"), 'unknown role "private"'],
    [
      ORDERS.replace("  orders:", "  private:").replace("[orders, common]", "[common]"),
      'the role "private" is in policy.yaml already',
    ],
    [ORDERS.replace("name: orders,", "name: root,"), 'a rule before it is called "root" too'],
    [
      `${ORDERS}admin_roles: { a: { accounts: [ORDERS], can: [revoke] } }\n`,
      "stands in the root file only",
    ],
    [`${ORDERS}include: []\n`, "stands in the root file only"],
    [ORDERS.replace("roles: [orders, common]", "admin: [a]"), "is given in the root file only"],
    [role("publish: [{ set: s }]"), 'unknown set of subjects "s"'],
  ];
  for (const [orders, fault] of table) {
    const all = faults(`${ROOT}subject_sets: { s: [orders.x] }\n`, orders);
    assert.ok(
      all.some((one) => one.startsWith("teams/orders.yaml:") && one.includes(fault)),
      `${fault}: ${all.join(" | ")}`,
    );
  }
  assert.deepEqual(faults(ROOT, role("jetstream: [{ kv: { bucket: orders, access: read } }]")), []);
  assert.deepEqual(faults(ROOT, role("deny_publish: [orders.y], publish: [orders.x]")), []);
});

test("a role that is exported is given only in accounts that the file has", () => {
  const bills = BILLS.replace("grant: { account: BILLING, publish: [bills.>] }", "roles: [common]");
  assert.deepEqual(faults(ROOT, ORDERS, bills), [
    "bills.yaml:3:44 is in an account that the root file does not give this file",
  ]);
});

test("what the root file says of its files is checked there", () => {
  for (const [from, to, fault] of [
    ["accounts: [BILLING]", "accounts: [BILL]", 'policy.yaml:8:36 unknown account "BILL"'],
    ["issuers: [corp, github]", "issuers: [corp, githb]", 'unknown issuer "githb"'],
    ["subjects: [bills.>]", "subjects: [b..c]", '"b..c" has an empty token'],
    ["path: bills.yaml", "path: teams/orders.yaml", "is part of the policy already"],
  ] as const) {
    const all = faults(ROOT.replace(from, to));
    assert.ok(
      all.some((one) => one.includes(fault)) || all[0]?.includes("is not included"),
      `${all}`,
    );
  }
});
