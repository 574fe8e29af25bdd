import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, type Grant, identityFor, issuerNamed } from "../../src/policy/index.ts";
import { HOSTILE } from "./hostile.ts";
import { identityOf, NOW_S, policyOf } from "./support.ts";

const policyWith = (fields: string) =>
  policyOf(`version: 1
rules:
  - { name: r, issuer: corp, grant: { account: ORDERS, ${fields} } }
`);

/** Every place in which what a caller says about itself can stand in a credential. */
const PLACES: readonly (readonly [what: string, fields: string, missed: string])[] = [
  ["a slot", 'publish: ["o.{x}.>"]', "claims.x cannot fill a subject"],
  ["a slot by a pointer", 'subscribe: ["o.{/x}"]', "claims./x cannot fill a subject"],
  ["a slot with each", 'publish: ["o.{each x}.>"]', "claims.x cannot fill a subject"],
  ["a deny", 'publish: [o.>], deny_publish: ["o.{x}"]', "claims.x cannot fill a subject"],
  ["a tag", 'publish: [a], tags: ["t:{x}"]', "claims.x cannot fill a tag"],
  [
    "a key of a bucket",
    'publish: [a], jetstream: [{ kv: { bucket: b, keys: "{x}.>", access: read } }]',
    "claims.x cannot fill a subject",
  ],
  [
    "a subject of a service",
    'service: { name: s, subjects: "o.{x}" }',
    "claims.x cannot fill a subject",
  ],
];

for (const [what, fields, missed] of PLACES) {
  test(`no hostile value fills ${what}, alone or in an array: the rule misses`, () => {
    const policy = policyWith(fields);
    for (const value of HOSTILE) {
      for (const x of [value, [value], ["fine", value], { fine: value }]) {
        // A list of one fine word is what each is for.
        if (what === "a slot with each" && JSON.stringify(x) === '["a"]') continue;
        const decision = decide(policy, identityOf({ claims: { x } }), {}, NOW_S);
        const { allow, trace } = decision;
        assert.deepEqual([allow, trace], [false, [{ rule: "r", missed }]], show(x));
      }
    }
  });
}

const ESCAPED = /^[A-Za-z0-9][A-Za-z0-9_-]{0,126}$/;

for (const [what, fields, tokensOf] of [
  ["a slot", 'publish: ["o.{x:escape}"]', subjectTokens],
  ["a slot with each", 'publish: ["o.{each x:escape}"]', subjectTokens],
  ["a tag", 'publish: [a], tags: ["t:{x:escape}"]', tagTokens],
] as const) {
  test(`what is escaped into ${what} is one token, or the rule misses`, () => {
    const policy = policyWith(fields);
    let filled = 0;
    for (const value of HOSTILE) {
      for (const x of [value, [value], ["fine", value]]) {
        const decision = decide(policy, identityOf({ claims: { x } }), {}, NOW_S);
        if (!decision.allow) continue;
        filled += 1;
        for (const token of tokensOf(decision.grant)) assert.match(token, ESCAPED, show(x));
      }
    }
    assert.ok(filled > 5, "what begins with a letter or digit is escaped");
  });
}

function subjectTokens({ publish }: Grant): readonly string[] {
  return publish.map((text) => text.replace(/^o\./, ""));
}

function tagTokens({ tags = [] }: Grant): readonly string[] {
  return tags.map((tag) => tag.replace(/^t:/, ""));
}

test("whoever a token says it is, {@identity} is a digest, and {@subject} one token or a miss", () => {
  const digest = policyWith('publish: ["i.{@identity}"]');
  const subject = policyWith('publish: ["s.{@subject}"]');
  const client = policyWith('publish: ["c.{@client}"]');
  let identified = 0;
  for (const value of HOSTILE) {
    const claims = { sub: value, client_id: value, scope: "x" } as Record<string, unknown>;
    const who = identityFor(claims, undefined, [issuerNamed("corp")]);
    if (!("identity" in who)) continue; // refused before any policy is asked
    identified += 1;
    const known = decide(digest, who.identity, {}, who.now_s);
    assert.ok(known.allow, show(value));
    assert.match(known.grant.publish[0] ?? "", /^i\.[0-9a-f]{32}$/);
    for (const policy of [subject, client]) {
      const decision = decide(policy, who.identity, {}, who.now_s);
      if (decision.allow)
        assert.match(decision.grant.publish[0] ?? "", /^[sc]\.[A-Za-z0-9][\w-]*$/);
      else
        assert.match(decision.trace[0]?.missed ?? "", /^(subject|client) cannot fill a subject$/);
    }
  }
  assert.ok(identified > 10, `${identified}`);
});

test("a claim called __proto__ is read like any other, and changes no object", () => {
  const claims = JSON.parse('{"__proto__":{"x":"team"},"x2":{"__proto__":{"x":"team"}}}');
  for (const slot of ["{x}", "{/x2/x}", "{/__proto__/y}"]) {
    const policy = policyWith(`publish: ["o.${slot}"]`);
    assert.equal(decide(policy, identityOf({ claims }), {}, NOW_S).allow, false, slot);
  }
  const own = decide(
    policyWith('publish: ["o.{/__proto__/x}"]'),
    identityOf({ claims }),
    {},
    NOW_S,
  );
  assert.deepEqual(own.allow && own.grant.publish, ["o.team"]);
  assert.equal(({} as Record<string, unknown>)["x"], undefined); // any key may be asked for
});

function show(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 60);
}
