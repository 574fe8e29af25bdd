import assert from "node:assert/strict";
import { test } from "node:test";
import { assertBounded, type UserClaims, userClaims } from "../../src/credential/index.ts";
import { type Grant, loadPolicy, type Narrowing } from "../../src/policy/index.ts";
import { CONTEXT, faultsOf, granted, identityOf, outcome, who, withRoles } from "./support.ts";

const KEY = `A${"B".repeat(55)}`;
const claimsOf = (grant: Grant, signing_key = "A") =>
  userClaims(grant, {
    ...{ name: "n", user_public_key: "U", account_public_key: "AA", signing_key },
    ...{ issued_at: 1, tags: ["identity:x"] },
  });

test("denies of one role hold for all, and stay when a request narrows", () => {
  const policy = withRoles({
    a: `account: ORDERS, publish: [a.>], subscribe: [a.>], deny_publish: [a.secret, "a.{t}.x"], deny_subscribe: [a.secret]`,
    b: "account: ORDERS, publish: [a.secret, b], subscribe: [b.*]",
  });
  const identity = identityOf({ scopes: ["a", "b"], claims: { t: "v" } });
  for (const request of [{}, { publish: ["a.secret"] }, { subscribe: [] }] as Narrowing[]) {
    const grant = granted(policy, identity, request);
    assert.deepEqual(grant.deny_publish, ["a.secret", "a.v.x"]);
    assert.ok(grant.deny_subscribe?.includes("a.secret"));
  }
  const { nats } = claimsOf(granted(policy, identity));
  assert.deepEqual(nats.pub?.deny, ["a.secret", "a.v.x"]);
  assert.deepEqual(nats.sub?.deny, ["a.secret", "b.*.>"]);
  // A deny whose slot nothing fills would deny nothing: the rule misses.
  assert.equal(outcome(policy, identityOf({ scopes: ["a"] })), "no_rule_matched");
});

test("an answer to any subject is the JWT's resp, counts as publish >, and takes two opt-ins", () => {
  const any = "allow_reserved: true, respond: { any_subject: true";
  const policy = withRoles({
    r: `account: ORDERS, publish: [x], ${any}, max: 5, ttl: 1m }`,
    s: `account: ORDERS, ${any} }`,
  });
  const grant = granted(policy, who("r"));
  assert.deepEqual([grant.publish, grant.responses], [["x"], { max: 5, ttl_s: 60 }]);
  assert.deepEqual(claimsOf(grant).nats.resp, { max: 5, ttl: 60_000_000_000 });
  assert.deepEqual(granted(policy, who("r", "s")).responses, { max: 1, ttl_s: 60 });
  assert.deepEqual(claimsOf(granted(policy, who("s"))).nats.pub, { deny: [">"] });
  const narrowed = (publish: string[]) => granted(policy, who("r"), { publish });
  assert.equal(narrowed(["x"]).responses, undefined);
  assert.equal(narrowed([]).responses, undefined);
  const kept = narrowed(["x", ">"]);
  assert.deepEqual([kept.publish, kept.responses], [["x"], { max: 5, ttl_s: 60 }]);
  for (const publish of [["y"], [">", "y"], ["*"], ["_INBOX.>"]])
    assert.equal(outcome(policy, who("r"), { publish }), "permission_not_granted");
  const fault = (fields: string) => faultsOf(role(fields)).join("|");
  assert.match(fault("respond: { any_subject: true }"), /allow_reserved: true in this role/);
  assert.match(fault(`${any} }, deny_publish: [a]`), /does not hold for answers/);
  assert.match(fault("respond: { any_subject: false }"), /must be true/);
  assert.match(fault("respond: { max: 1 }"), /missing key "any_subject"/);
});

const role = (fields: string) =>
  `version: 1\nroles:\n  r: { account: ORDERS, ${fields} }\nrules: []\n`;

test("leaf nodes and MQTT stand alone, and only MQTT is a bearer", () => {
  const policy = withRoles({
    leaf: "account: ORDERS, publish: [a], connection_types: [LEAFNODE]",
    mqtt: "account: ORDERS, publish: [a], connection_types: [MQTT]",
    inside: "account: ORDERS, publish: [a], connection_types: [IN_PROCESS, STANDARD]",
    plain: "account: ORDERS, publish: [a]",
  });
  assert.deepEqual(granted(policy, who("leaf")).connection_types, ["LEAFNODE"]);
  assert.deepEqual(granted(policy, who("inside", "plain")).connection_types, ["STANDARD"]);
  const mqtt = claimsOf(granted(policy, who("mqtt"))).nats;
  assert.deepEqual([mqtt.bearer_token, mqtt.allowed_connection_types], [true, ["MQTT"]]);
  for (const other of ["leaf", "inside", "plain"])
    assert.ok(!("bearer_token" in claimsOf(granted(policy, who(other))).nats), other);
  for (const pair of [
    ["leaf", "plain"],
    ["mqtt", "plain"],
    ["leaf", "mqtt"],
  ]) {
    assert.equal(outcome(policy, who(...pair)), "roles_conflict");
    assert.equal(typeof outcome(policy, who(...pair), { roles: pair.slice(0, 1) }), "object");
  }
  for (const [fields, said] of [
    ['subscribe: [a, "b q"]', '"b q" gives a leaf node nothing'],
    ["service: { name: s, subjects: a }", '"a q" gives a leaf node nothing'],
  ]) {
    const text = `version: 1
rules: [{ name: r, issuer: corp, grant: { account: ORDERS, ${fields}, connection_types: [LEAFNODE] } }]`;
    assert.match(faultsOf(text).join("|"), new RegExp(`^[0-9:]+ ${said}[^|]*$`));
  }
  for (const types of ["[LEAFNODE, STANDARD]", "[MQTT, WEBSOCKET]", "[MQTT, LEAFNODE]"]) {
    const faults = faultsOf(role(`publish: [a], connection_types: ${types}`));
    assert.match(faults.join("|"), /stands alone/);
  }
});

test("tags are one lower-case token behind a key that is not ours", () => {
  const policy = withRoles({
    r: `account: ORDERS, publish: [a], tags: ["team:blue", "tenant:{t}"]`,
    s: `account: ORDERS, publish: [a], tags: ["team:blue"]`,
  });
  const tags = (t: unknown) => {
    const grant = outcome(policy, identityOf({ scopes: ["r", "s"], claims: { t } }));
    return typeof grant === "string" ? grant : grant.tags;
  };
  assert.deepEqual(tags("v-1"), ["team:blue", "tenant:v-1"]);
  for (const t of ["V", "*", ">", "a.b", "", " ", undefined, 5, ["v"]])
    assert.deepEqual(tags(t), ["team:blue"], `${t}`);
  for (const [tag, fault] of [
    ["team", "is not a tag"],
    ["Team:blue", "is not a tag"],
    ["team:Blue", "must have one slot"],
    ["team:*", "must have one slot"],
    ["team:a.b", "must have one slot"],
    ["team:a{t}", "must have one slot"],
    ["team:{each t}", "must have one slot"],
    ["identity:x", "a key that every credential has"],
    ["policy:x", "a key that every credential has"],
    ["request:{t}", "a key that every credential has"],
    ["inbox:x", "a key that every credential has"],
    ["team:blue\n", "must have one slot"],
  ] as const) {
    const faults = faultsOf(role(`publish: [a], tags: [${JSON.stringify(tag)}]`));
    assert.ok(faults[0]?.includes(fault), `${tag}: ${faults}`);
  }
});

const scoped = (fields = "") => `version: 1
roles:
  s: { account: ORDERS, scoped_key: ${KEY}, tags: ["team:{t}"]${fields} }
  p: { account: ORDERS, publish: [a] }
rules:
  - { name: s, issuer: corp, roles: [s] }
  - { name: p, issuer: corp, scopes: [p], roles: [p] }
`;
const scopedPolicy = (text: string) =>
  loadPolicy([{ path: "p", bytes: Buffer.from(text) }], {
    ...CONTEXT,
    scoped_keys: new Map([["ORDERS", [KEY]]]),
  });

test("a scoped key says what is permitted: the JWT says nothing, and no other key may sign it", () => {
  const policy = scopedPolicy(scoped());
  const identity = identityOf({ claims: { t: "v" } });
  const grant = granted(policy, identity);
  const inbox = `inbox:${identity.digest.slice(0, 32)}`;
  assert.deepEqual([grant.publish, grant.subscribe, grant.tags], [[], [], [inbox, "team:v"]]);
  const claims = claimsOf(grant, KEY);
  assert.deepEqual(claims.nats, {
    issuer_account: "AA",
    tags: ["identity:x", inbox, "team:v"],
    type: "user",
    version: 2,
  });
  assert.doesNotThrow(() => assertBounded(claims, KEY));
  assert.throws(() => assertBounded(claims), /unbounded/);
  assert.throws(() => assertBounded(claims, "A"), /unbounded/);
  assert.throws(() => claimsOf(grant, "A"), /must be signed by that key/);
  for (const more of [{ pub: { allow: ["a"] } }, { subs: 0 }, { bearer_token: true }, { x: 1 }]) {
    const said = { ...claims, nats: { ...claims.nats, ...more } } as UserClaims; // none of ours
    assert.throws(() => assertBounded(said, KEY), /unbounded/);
  }
});

test("a scoped role stands alone, cannot be narrowed, and leaves everything to its key", () => {
  const policy = scopedPolicy(scoped());
  const both = identityOf({ scopes: ["p"], claims: { t: "v" } });
  assert.equal(outcome(policy, both), "roles_conflict");
  const pick = { roles: ["s"] };
  assert.equal(typeof outcome(policy, both, pick), "object");
  for (const request of [{ publish: [] }, { subscribe: [] }, { publish: ["a"] }])
    assert.equal(outcome(policy, both, { ...pick, ...request }), "permission_not_granted");
  for (const fields of [
    ...["publish: []", "subscribe: [a]", "respond: true", "limits: {}", "deny_publish: [a]"],
    ...["connection_types: [STANDARD]", "source_networks: [10.0.0.0/8]", "allow_reserved: true"],
    ...["jetstream: [{ publish_to: { subjects: a } }]", "service: { name: a, subjects: a }"],
  ])
    assert.throws(() => scopedPolicy(scoped(`, ${fields}`)), /is what the scoped key says/, fields);
  assert.throws(() => scopedPolicy(scoped().replace(KEY, `A${"C".repeat(55)}`)), /is no key of/);
  assert.throws(
    () => loadPolicy([{ path: "p", bytes: Buffer.from(scoped()) }], CONTEXT),
    /is no key of "ORDERS" that the configuration calls scoped: true/,
  );
});

test("what the template of a scoped key could put into a subject is one token, once", () => {
  const claims = claimsOf(granted(scopedPolicy(scoped()), identityOf({ claims: { t: "v" } })), KEY);
  const tagged = (tags: readonly string[]) => ({ ...claims, nats: { ...claims.nats, tags } });
  assert.doesNotThrow(() => assertBounded(tagged(["team:a", "inbox:0f"]), KEY));
  for (const tags of [["team:*"], ["team:>"], ["team:a.b"], ["team:"], ["team"], ["team:A"]])
    assert.throws(() => assertBounded(tagged(tags), KEY), /template of the key/, tags[0]);
  assert.throws(() => assertBounded(tagged(["team:a", "team:b"]), KEY), /a tag of the template/);
  for (const name of ["*", "a.b", ">", "a b", ""])
    assert.throws(() => assertBounded({ ...claims, name }, KEY), /template of the key/, name);
});

test("an account without a key of another kind serves no role that says what it permits", () => {
  const context = {
    ...CONTEXT,
    scoped_keys: new Map([["ORDERS", [KEY]]]),
    scoped_only: ["ORDERS"],
  };
  assert.throws(
    () => loadPolicy([{ path: "p", bytes: Buffer.from(scoped()) }], context),
    /^FaultError: p:4:8: "ORDERS" has scoped signing keys alone: name one as scoped_key/,
  );
  const alone = scoped()
    .replace(/^.*\bp: \{.*\n/m, "")
    .replace(/^.*name: p,.*\n/m, "");
  assert.ok(loadPolicy([{ path: "p", bytes: Buffer.from(alone) }], context));
});

test("where no key was read, whichever a role names is taken for a scoped one", () => {
  const context = { ...CONTEXT, scoped_keys: "unknown" } as const;
  assert.ok(loadPolicy([{ path: "p", bytes: Buffer.from(scoped()) }], context));
});

test("claims that leave answers or a bearer open are never signed", () => {
  const good = claimsOf(granted(withRoles({ r: "account: ORDERS, publish: [a]" }), who("r")));
  const { nats } = good;
  for (const more of [
    { resp: { max: 0, ttl: 1 } },
    { resp: { max: -1, ttl: 1 } },
    { resp: { max: 1, ttl: 0 } },
    { bearer_token: true } as const,
  ])
    assert.throws(() => assertBounded({ ...good, nats: { ...nats, ...more } }), /unbounded/);
});
