import assert from "node:assert/strict";
import { test } from "node:test";
import { compareDecisions, decide, type Narrowing } from "../../../src/policy/index.ts";
import { NOW_S, who, withRoles } from "../support.ts";

/** How a role compares with another one, each for somebody who has it alone. */
function compared(counts: string, other: string, request: Narrowing = {}) {
  const of = (role: string) => {
    const policy = withRoles(role === "" ? { x: "account: ORDERS, publish: [x]" } : { r: role });
    return decide(policy, { ...who("r"), token_expires_at: NOW_S + 9_999 }, request, NOW_S);
  };
  return compareDecisions(of(counts), of(other), NOW_S);
}

const ORDERS = "account: ORDERS, ";

test("the same permissions are the same, however they are written", () => {
  for (const [a, b] of [
    ["publish: [a, b.>]", "publish: [b.>, a]"],
    ["publish: [b.>]", "publish: [b.>, b.c]"],
    ["publish: [a], connection_types: [STANDARD]", "connection_types: [STANDARD], publish: [a]"],
  ] as const)
    assert.deepEqual(compared(ORDERS + a, ORDERS + b), { result: "same" });
  assert.deepEqual(compared("", ""), { result: "same" }, "both refuse, with the same code");
});

const CASES = [
  ["publish: [a]", "publish: [a, b]", ["publish b"]],
  ["subscribe: [a.b]", "subscribe: [a.>]", ["subscribe a.>"]],
  ['subscribe: ["a q"]', "subscribe: [a]", ["subscribe a"]],
  ["publish: [a.>], deny_publish: [a.b]", "publish: [a.>]", ["publish a.b, which was denied"]],
  ["publish: [a], ttl: 5m", "publish: [a], ttl: 10m", ["ttl 300s -> 600s"]],
  ["publish: [a], limits: { subscriptions: 1 }", "publish: [a]", ["subscriptions 1 -> unlimited"]],
  [
    "publish: [a], source_networks: [10.0.0.0/8]",
    "publish: [a]",
    ["source_networks 10.0.0.0/8 -> any"],
  ],
  [
    "publish: [a], connection_types: [STANDARD]",
    "publish: [a]",
    ["connection_types STANDARD -> STANDARD WEBSOCKET"],
  ],
  ["publish: [a]", 'publish: [a], tags: ["team:x"]', ["tag team:x"]],
] as const;

for (const [narrow, wide, said] of CASES) {
  test(`${narrow} against ${wide}: what is more the one way is less the other way`, () => {
    const grant = { account: "ORDERS", roles: ["r"] };
    const wider = compared(ORDERS + narrow, ORDERS + wide);
    assert.deepEqual(wider, { result: "wider", ...grant, more: said });
    const narrower = compared(ORDERS + wide, ORDERS + narrow);
    const turned = said.map((text) => text.replace(/^(\w+) (.*) -> (.*)$/, "$1 $3 -> $2"));
    assert.deepEqual(narrower, { result: "narrower", ...grant, less: turned });
  });
}

test("answers to any subject are more than none, and more or later ones more than fewer", () => {
  const role = (respond: string) => `${ORDERS}publish: [a], allow_reserved: true${respond}`;
  const two = role(", respond: { any_subject: true, max: 2, ttl: 1m }");
  assert.deepEqual(compared(role(""), two).more, ["answers 2 within 60s"]);
  assert.equal(compared(two, two.replace("2", "1")).result, "narrower");
  assert.equal(compared(two, two.replace("1m", "2m")).result, "wider");
});

test("a refusal is less than any grant, and another reason to refuse is different", () => {
  const grant = `${ORDERS}publish: [a]`;
  const wider = compared("", grant);
  assert.equal(wider.result, "wider");
  assert.deepEqual([wider.account, wider.roles, wider.more?.[0]], ["ORDERS", ["r"], "publish a"]);
  const narrower = compared(grant, "");
  assert.deepEqual([narrower.result, narrower.code], ["narrower", "no_rule_matched"]);
  assert.equal(narrower.less?.[0], "publish a");
  const other = compared("", grant, { account: "BILLING" });
  assert.deepEqual(other, { result: "different", code: "account_not_granted" });
});

test("in another account everything is different, even of the same name", () => {
  const { result, account, more, less } = compared(
    "account: ORDERS, publish: [a]",
    "account: BILLING, publish: [a]",
  );
  assert.deepEqual([result, account], ["different", "BILLING"]);
  assert.deepEqual([more?.[0], less?.[0]], ["publish a", "publish a"]);
});

test("no difference makes a long line, nor takes long to find", () => {
  const many = (letter: string) =>
    `${ORDERS}publish: [${Array.from({ length: 900 }, (_, i) => `${letter}${"x".repeat(300)}${i}.*`)}]`;
  const [one, other] = [many("a"), many("b")];
  const { result, more = [], less = [] } = compared(one, other);
  assert.equal(result, "different");
  assert.deepEqual([more.length, less.length, more.at(-1)], [11, 11, "and 890 more"]);
  assert.ok(JSON.stringify([more, less]).length < 6_000);
});
