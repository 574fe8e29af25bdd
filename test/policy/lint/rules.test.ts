import assert from "node:assert/strict";
import { test } from "node:test";
import { issuerNamed } from "../../../src/policy/index.ts";
import { found, lintText } from "./support.ts";

/** The findings of one rule that gives a little. */
const ofRule = (criteria: string, issuers?: Parameters<typeof found>[1]) =>
  found(`rules:\n  - { name: r, ${criteria}, grant: { account: A, publish: [a] } }`, issuers).map(
    (each) => each.replace(/^3 /, ""),
  );
/** The findings of one role that is held by a client. */
const ofRole = (fields: string) =>
  found(
    `roles:\n  x: { account: A, ${fields} }\nrules:\n  - { name: r, issuer: corp, client: c, roles: [x] }`,
  ).map((each) => each.replace(/^3 /, ""));

const OPEN = ["rule-unpinned"];
const STRANGERS = ["rule-open-to-strangers"];
const UNRELIABLE = ["claim-unreliable"];
const DEAD = ["rule-unreachable"];
const UUID = "11111111-2222-3333-4444-555555555555";

const RULES: readonly (readonly [criteria: string, findings: readonly string[]])[] = [
  ["issuer: corp", OPEN],
  ["issuer: corp, kind: user", OPEN],
  ["issuer: corp, scopes: [openid, email]", OPEN],
  ["issuer: corp, scopes: [openid, orders.read]", []],
  ["issuer: corp, any_scope: [orders.read, profile]", OPEN],
  ["issuer: corp, any_scope: [orders.read, orders.write]", []],
  ["issuer: corp, claims: { email_verified: true }", OPEN],
  ["issuer: corp, claims: { team: { exists: true } }", OPEN],
  ["issuer: corp, claims: { team: { not: guests } }", OPEN],
  ["issuer: corp, claims: { groups: { has: staff } }", []],
  ["issuer: corp, claims: { email: { domain: corp.test } }", []],
  // Globs that say hardly anything, and pointers to what is the same for everybody.
  ['issuer: corp, claims: { team: { like: "*" } }', OPEN],
  ['issuer: corp, claims: { team: { like: "*-prod" } }', OPEN],
  ['issuer: corp, claims: { team: { like: ["ops-*", "*"] } }', OPEN],
  ['issuer: corp, claims: { team: { like: "a*" } }', OPEN],
  ['issuer: corp, claims: { team: { like: "ops-*" } }', []],
  ['issuer: corp, claims: { ref: { like: "refs/heads/*" } }', []],
  ["issuer: corp, claims: { /email_verified: true }", OPEN],
  ['issuer: github, claims: { repository_owner_id: { like: "*" } }', STRANGERS],
  ['issuer: github, claims: { sub: { like: "repo:*/*:ref:refs/heads/main" } }', STRANGERS],
  ['issuer: github, claims: { repository: { like: "*/app" } }', STRANGERS],
  ['issuer: github, claims: { repository: { like: "o1/*" }, repository_owner_id: "1" }', []],
  ['issuer: github, claims: { /repository_id: "1" }', []],
  // One issuer for all customers: only what is ours keeps others out.
  ["issuer: github, claims: { ref: refs/heads/main }", STRANGERS],
  ['issuer: github, claims: { repository_id: { not: "1" } }', STRANGERS],
  ['issuer: github, claims: { repository_id: "1" }', []],
  ['issuer: gitlab, claims: { project_id: "1", ref: main }', UNRELIABLE],
  ['issuer: gitlab, claims: { project_id: "1", ref: main, ref_type: branch }', []],
  // What changes hands does no harm beside what does not.
  ["issuer: github, claims: { repository: o/r }", UNRELIABLE],
  ['issuer: github, claims: { repository: o/r, repository_id: "1" }', []],
  ["issuer: github, subject: repo:o/r:ref:refs/heads/main", UNRELIABLE],
  ["issuer: corp, claims: { email: a@b.test }", UNRELIABLE],
  ["issuer: corp, claims: { email: a@b.test }, client: c", []],
  ["issuer: okta, subject: 00u1", []],
  ["issuer: okta, claims: { sub: a@b.test }", UNRELIABLE],
  ["issuer: entra, claims: { groups: { has: admins } }", UNRELIABLE],
  [`issuer: entra, claims: { groups: { has: [${UUID}] } }`, []],
  // What this provider never writes.
  ['issuer: github, kind: user, claims: { repository_id: "1" }', DEAD],
  ['issuer: github, scopes: [x], claims: { repository_id: "1" }', DEAD],
  ['issuer: github, client: x, claims: { repository_id: "1" }', DEAD],
  ["issuer: github, claims: { repository_id: 1 }", DEAD],
  ["issuer: kubernetes, subject: orders/worker", DEAD],
  ["issuer: kubernetes, subject: [orders/worker, system:serviceaccount:orders:worker]", []],
  ["issuer: aws, subject: s, claims: { /https:~1~1sts.amazonaws.com~1/request_tags/a: b }", DEAD],
];

for (const [criteria, findings] of RULES) {
  test(`${findings[0] ?? "nothing"}: ${criteria}`, () => {
    assert.deepEqual([...new Set(ofRule(criteria))], findings);
  });
}

test("an installation of your own has no strangers", () => {
  const own = [{ ...issuerNamed("gitlab"), url: "https://gitlab.corp.test" }];
  assert.deepEqual(ofRule("issuer: gitlab, claims: { ref: main, ref_type: branch }", own), []);
  const theirs = [{ ...issuerNamed("gitlab"), url: "https://gitlab.com" }];
  assert.deepEqual(
    ofRule("issuer: gitlab, claims: { ref: main, ref_type: branch }", theirs),
    STRANGERS,
  );
});

const kv = (fields: string) => `{ kv: { bucket: b, access: read, ${fields} } }`;

const ROLES: readonly (readonly [fields: string, findings: readonly string[]])[] = [
  ["publish: [a.>], subscribe: [b.*]", []],
  ['subscribe: [">"], allow_reserved: true', ["wildcard-first"]],
  ["subscribe: [_INBOX.>], allow_reserved: true", ["inbox-of-others"]],
  ["publish: [_INBOX.>], allow_reserved: true", []],
  ["publish: [$SYS.REQ.USER.INFO], allow_reserved: true", []],
  ["publish: [$SYS.REQ.SERVER.PING], allow_reserved: true", ["system-subjects"]],
  ["publish: [$JS.API.CONSUMER.CREATE.S.c], allow_reserved: true", ["jetstream-api"]],
  ["publish: [$JS.hub.API.STREAM.DELETE.S], allow_reserved: true", ["jetstream-api"]],
  ["publish: [$JS.API.STREAM.MSG.GET.S], allow_reserved: true", ["jetstream-api"]],
  ["publish: [$JS.hub.>], allow_reserved: true", ["jetstream-api"]],
  ["publish: [$JS.hub.*.STREAM.DELETE.X], allow_reserved: true", ["jetstream-api"]],
  ["publish: [$JS.hub.ACK.S.c.>], allow_reserved: true", []],
  ["publish: [$JS.API.DIRECT.GET.KV_s], allow_reserved: true", ["jetstream-api"]],
  ["publish: [$JS.hub.API.DIRECT.GET.KV_s], allow_reserved: true", ["jetstream-api"]],
  ["publish: [$JS.API.DIRECT.GET.KV_s.$KV.s.a], allow_reserved: true", []],
  ["publish: [$JS.API.DIRECT.GET.*.$KV.s.a], allow_reserved: true", ["name-wildcard"]],
  ["publish: [$JS.API.DIRECT.GET.>], allow_reserved: true", ["jetstream-api", "name-wildcard"]],
  ["publish: [$JS.API.CONSUMER.MSG.NEXT.>], allow_reserved: true", ["name-wildcard"]],
  ["publish: [$JS.API.CONSUMER.MSG.NEXT.S.*], allow_reserved: true", ["name-wildcard"]],
  ["publish: [$JS.hub.API.CONSUMER.MSG.NEXT.S.c], allow_reserved: true", []],
  ["subscribe: [$JS.API.>], allow_reserved: true", ["jetstream-api"]],
  ["subscribe: [$JS.hub.API.STREAM.>], allow_reserved: true", ["jetstream-api"]],
  ["subscribe: [$JS.EVENT.ADVISORY.>], allow_reserved: true", []],
  ["subscribe: [$MQTT.>], allow_reserved: true", ["system-subjects"]],
  ["publish: [$MQTT.msgs.>], allow_reserved: true", ["system-subjects"]],
  ["subscribe: [$MQTT.sub.>], allow_reserved: true", []],
  ["publish: [$JS.API.*.INFO.S], allow_reserved: true", []],
  ["publish: [$JS.API.CONSUMER.MSG.NEXT.S.c, $JS.ACK.S.c.>], allow_reserved: true", []],
  ["publish: [$KV.settings.a], allow_reserved: true", []],
  ['publish: ["$KV.{tenant}.a"], allow_reserved: true', []],
  ['publish: ["o.{tenant}.>", o.>]', ["tenant-beside-wildcard"]],
  ['publish: ["o.{tenant}.>", "o.{tenant}.x"]', []],
  ['publish: ["o.{tenant}.a", o.*.b]', []],
  ['publish: ["o.{tenant}.>"], subscribe: [o.>]', []],
  ['publish: ["o.{tenant}.>", "o.{team}.>"]', ["slot-beside-slot"]],
  ['publish: ["o.{tenant}.>", "o.{tenant:escape}.x"]', ["slot-beside-slot"]],
  ['publish: ["o.{tenant}.>"], subscribe: ["o.{@subject}.x"]', ["slot-beside-slot"]],
  ['publish: ["o.{tenant}.>", "o.{/tenant}.x"]', []],
  ['publish: ["o.{tenant}.>", "p.{team}.>"]', []],
  ['publish: ["o.{tenant}.a", "o.{team}.b"]', []],
  ['publish: ["o.{tenant}.>", "o.{@identity}.>"]', []],
  ['publish: ["o.{preferred_username}"]', ["claim-unreliable"]],
  ['publish: ["o.{/preferred_username:escape}"]', ["claim-unreliable"]],
  ['publish: [o.>], deny_publish: ["o.{email:escape}"]', ["claim-unreliable", "deny-list"]],
  ['publish: [a], tags: ["who:{preferred_username}"]', ["claim-unreliable"]],
  ['publish: [a], tags: ["team:{tenant}", "part:x"]', []],
  // What intents come to is looked at like what is written.
  ['jetstream: [{ publish_to: { subjects: "o.{nickname}" } }]', ["claim-unreliable"]],
  ['service: { name: s, subjects: "o.{upn:escape}" }', ["claim-unreliable"]],
  [
    'jetstream: [{ kv: { bucket: b, keys: "{email:escape}.>", access: read } }]',
    ["claim-unreliable"],
  ],
  [
    'publish: ["o.{tenant}.a"], jetstream: [{ publish_to: { subjects: o.> } }]',
    ["tenant-beside-wildcard"],
  ],
  [
    'subscribe: ["o.{tenant}.a"], service: { name: s, subjects: o.*.a }',
    ["tenant-beside-wildcard"],
  ],
  [`jetstream: [${kv('keys: "{tenant}.>"')}, ${kv("keys: common.>")}]`, []],
  [`jetstream: [${kv('keys: "{tenant}.>"')}, ${kv('keys: ">"')}]`, ["tenant-beside-wildcard"]],
  [`jetstream: [${kv('keys: "{tenant}.>"')}, ${kv("info: true")}]`, ["tenant-beside-wildcard"]],
  [`jetstream: [${kv('keys: "{tenant}.>", info: true')}]`, ["key-names-told"]],
  [`jetstream: [${kv("info: true")}]`, []],
  [`jetstream: [${kv("watch: true, may_create_consumers: true")}]`, ["consumer-creator"]],
  ["jetstream: [{ consume: { stream: S, durable: w } }]", []],
  [
    "jetstream: [{ consume: { stream: S, durable: w, may_create_consumers: true } }]",
    ["consumer-creator"],
  ],
  ["jetstream: [{ consume: { stream: S, durable: w, deliver: d.x } }]", []],
  [
    "jetstream: [{ consume: { stream: S, durable: w, deliver: _INBOX.x } }], allow_reserved: true",
    ["inbox-of-others"],
  ],
  ["jetstream: [{ kv: { bucket: b, access: write } }]", ["bucket-writer"]],
  ['jetstream: [{ kv: { bucket: b, keys: [a, ">"], access: readwrite } }]', ["bucket-writer"]],
  [
    "jetstream: [{ kv: { bucket: b, keys: a.>, access: write, may_roll_up: true } }]",
    ["bucket-writer"],
  ],
  ["jetstream: [{ object: { bucket: b, access: write } }]", ["bucket-writer"]],
  [
    "jetstream: [{ object: { bucket: b, access: read, may_create_consumers: true } }]",
    ["consumer-creator"],
  ],
  [
    "jetstream: [{ consume: { stream: S, durable: w } }], allow_reserved: true",
    ["reserved-unused"],
  ],
  ["service: { name: s, subjects: a }, allow_reserved: true", ["reserved-unused"]],
  ["publish: [$KV.>], allow_reserved: true", ["name-wildcard"]],
  ["subscribe: [$O.*.M.>], allow_reserved: true", ["name-wildcard"]],
  ["publish: [$KV.b.>], allow_reserved: true", []],
  ["publish: [$JS.ACK.S.>], allow_reserved: true", ["name-wildcard"]],
  ["publish: [$JS.FC.S.c.>], allow_reserved: true", []],
  ["subscribe: [o.>], deny_subscribe: [o.secret]", ["deny-list"]],
  ["subscribe: [o.a], deny_subscribe: [o.>]", ["deny-idle", "deny-list"]],
  ["subscribe: [o.>], deny_publish: [o.secret]", ["deny-idle"]],
  ["publish: [o.>], deny_publish: [p.x]", ["deny-idle"]],
  ["jetstream: [{ publish_to: { subjects: o.> } }], deny_publish: [o.x]", ["deny-list"]],
  ["publish: [a], inbox: shared", ["inbox-of-others"]],
  ["publish: [a], inbox: private", []],
  ['subscribe: ["a q.*"]', ["queue-wildcard"]],
  ['subscribe: [a.>, "a.b q"]', []],
  ['subscribe: [a.b, "a.* q"]', ["queue-beside-plain"]],
  ["publish: [a], ttl: 2h", ["ttl-cut"]],
];

for (const [fields, findings] of ROLES) {
  test(`${findings[0] ?? "nothing"}: ${fields}`, () => {
    assert.deepEqual([...new Set(ofRole(fields))], findings);
  });
}

test("a slot that no listed value can fill makes the rule unreachable", () => {
  const text = (values: string, slot: string) =>
    `rules:\n  - { name: r, issuer: corp, claims: { t: ${values} }, grant: { account: A, publish: ["o.${slot}"] } }`;
  assert.deepEqual(found(text("[a.b, c.d]", "{t}")), ["3 rule-unreachable"]);
  assert.deepEqual(found(text("[a.b, cd]", "{t}")), []);
  assert.deepEqual(found(text("[a.b]", "{t:escape}")), []);
  assert.deepEqual(found(text("true", "{t}")), ["3 rule-unreachable"]);
});

test("a rule is shadowed by a wider one with the same roles, and of two equal ones the later is", () => {
  const rules = (...lines: string[]) =>
    found(`roles: { x: { account: A, publish: [a] }, y: { account: A, publish: ["b.{t}"] } }
rules:
${lines.map((line, i) => `  - { name: r${i}, issuer: corp, ${line} }`).join("\n")}`);
  const shadow = (line: number) => [`${line} rule-shadowed`];
  const both = "scopes: [q], claims: { u: z }, roles: [y]";
  assert.deepEqual(rules("scopes: [s], roles: [x]", "scopes: [s, t], roles: [x]", both), shadow(5));
  assert.deepEqual(rules("scopes: [s], roles: [x]", "scopes: [s], roles: [x]", both), shadow(5));
  assert.deepEqual(
    rules("claims: { a: [p, q] }, roles: [x]", "claims: { a: p }, roles: [x]", both),
    shadow(5),
  );
  assert.deepEqual(
    rules(
      "claims: { a: { has: [p, q] } }, roles: [x]",
      "claims: { a: { has: p } }, roles: [x]",
      both,
    ),
    shadow(5),
  );
  assert.deepEqual(rules("scopes: [s], roles: [x]", "any_scope: [s, t], roles: [x]", both), [
    "4 rule-shadowed",
  ]);
  assert.deepEqual(rules("client: [a, b], roles: [x]", "client: c, roles: [x]", both), []);
  // The wider one misses where its slot cannot be filled, so it does not give all that this gives.
  assert.deepEqual(rules("scopes: [s], roles: [x, y]", "scopes: [s, t], roles: [x]"), []);
});

test("a comment allows what stands on its line or below it, and says why", () => {
  const text = (comments: string, beside = "") =>
    lintText(
      `rules:\n${comments}  - { name: r, issuer: corp, grant: { account: A, publish: [a] } }${beside}`,
    );
  const ids = (result: ReturnType<typeof lintText>) => [
    result.findings.map(({ line, id }) => `${line} ${id}`),
    result.allowed.map(({ why }) => why),
  ];
  const ok = "# lint-ok: rule-unpinned the news are for all";
  assert.deepEqual(ids(text("", ` ${ok}`)), [[], ["the news are for all"]]);
  assert.deepEqual(ids(text(`  ${ok}\n`)), [[], ["the news are for all"]]);
  assert.deepEqual(ids(text(`  ${ok}\n  # and why not\n`)), [["3 lint-ok", "5 rule-unpinned"], []]);
  assert.deepEqual(ids(text("  # lint-ok: rule-unpinned\n")), [
    ["3 lint-ok", "4 rule-unpinned"],
    [],
  ]);
  assert.deepEqual(ids(text("  # lint-ok\n")), [["3 lint-ok", "4 rule-unpinned"], []]);
  assert.deepEqual(ids(text("  # lint-ok: rule-unpined why\n")), [
    ["3 lint-ok", "4 rule-unpinned"],
    [],
  ]);
  const two = `  # lint-ok: ttl-cut because\n  ${ok}\n`;
  assert.deepEqual(ids(text(two)), [["3 lint-ok"], ["the news are for all"]]);
  const [first] = text(two).findings;
  assert.equal(first?.message, "allows nothing: ttl-cut is not found here; remove the comment");
});

test("a text in quotes is no comment beside something else", () => {
  const result = lintText(
    'rules:\n  - { name: "r # lint-ok: rule-unpinned why not", issuer: corp, grant: { account: A, publish: [a] } }',
  );
  assert.deepEqual(
    result.findings.map(({ id }) => id),
    ["rule-unpinned"],
  );
});

test("at the issuer that CircleCI has for everybody a rule must name the organization or the project", () => {
  const shared = [{ ...issuerNamed("circleci"), url: "https://oidc.circleci.com" }];
  const own = [{ ...issuerNamed("circleci"), url: `https://oidc.circleci.com/org/${UUID}` }];
  const of = (claim: string, value: string) =>
    `issuer: circleci, claims: { oidc.circleci.com/${claim}: ${value} }`;
  assert.deepEqual(ofRule(of("vcs-ref", "refs/heads/main"), shared), STRANGERS);
  assert.deepEqual(ofRule(of("vcs-ref", "refs/heads/main"), own), []);
  assert.deepEqual(ofRule(of("org-id", UUID), shared), []);
});
