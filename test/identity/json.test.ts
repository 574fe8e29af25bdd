import assert from "node:assert/strict";
import { test } from "node:test";
import { DEPTH_LIMIT, parseStrict } from "../../src/identity/json.ts";
import { fc } from "../support/fc.ts";

test("a member may stand in an object once, at any depth and however it is spelled", () => {
  const twice = [
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"a":3}',
    '{"a":1,"\\u0061":2}',
    '{"\\/":1,"/":2}',
    '{"x":{"a":1,"a":2}}',
    '[{"a":[{"b":1,"b":2}]}]',
    '{"a":{"a":1},"b":[],"a":1}',
    '{ "a" : 1 ,\n"a"\t: 2 }',
    '{"":1,"":2}',
    '{"a\\"":1,"a\\"":2}',
  ];
  for (const text of twice)
    assert.throws(() => parseStrict(text), /^Error: has a member twice$/, text);
  const once = [
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":1}]',
    '{"a":"\\"a\\":1,\\"a\\":2"}',
    '{"a":["a","a"],"b":"a"}',
    '{"a\\\\":1,"a":2}',
    '{"constructor":1,"toString":2}',
  ];
  for (const text of once) assert.deepEqual(parseStrict(text), JSON.parse(text));
});

test("__proto__ is no member of anything", () => {
  for (const text of ['{"__proto__":{}}', '{"a":[{"__proto__":1}]}', '{"__pr\\u006fto__":1}'])
    assert.throws(() => parseStrict(text), /has a member __proto__/);
  assert.deepEqual(parseStrict('["__proto__"]'), ["__proto__"]);
});

test("depth has a limit", () => {
  const deep = (n: number) => "[".repeat(n) + "]".repeat(n);
  parseStrict(deep(DEPTH_LIMIT));
  for (const text of [
    deep(DEPTH_LIMIT + 1),
    deep(100_000),
    '{"a":'.repeat(100_000),
    "[".repeat(1e6),
  ])
    assert.throws(() => parseStrict(text), /is too deep/);
});

test("any JSON without repetition is read as JSON.parse reads it", () => {
  const clean = fc
    .jsonValue({ maxDepth: 6 })
    .filter((v) => !JSON.stringify(v).includes("__proto__"));
  fc.assert(
    fc.property(clean, fc.constantFrom(0, 1, "\t"), (value, space) => {
      const text = JSON.stringify(value, undefined, space);
      assert.deepEqual(parseStrict(text), JSON.parse(text));
    }),
    { numRuns: 500 },
  );
});

test("any repeated member is found, wherever its object stands", () => {
  const name = fc.string().filter((s) => s !== "__proto__");
  const around = fc.array(fc.constantFrom("list", "object"), { maxLength: 10 });
  fc.assert(
    fc.property(name, fc.dictionary(name, fc.jsonValue()), around, (twice, others, levels) => {
      const inner = Object.entries({ ...others, [twice]: 1 }).map(
        ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
      );
      let text = `{${[...inner, `${JSON.stringify(twice)}:2`].join(",")}}`;
      for (const level of levels) text = level === "list" ? `[0,${text}]` : `{"x":${text},"y":0}`;
      assert.throws(() => parseStrict(text), /has a member/);
    }),
    { numRuns: 300 },
  );
});

test("what JSON.parse refuses is refused, and the reason quotes nothing", () => {
  const text = fc.oneof(
    fc.string(),
    fc
      .array(fc.constantFrom(...'{}[]",:\\u01a tfn'.split("")), { maxLength: 40 })
      .map((c) => c.join("")),
  );
  fc.assert(
    fc.property(text, (each) => {
      let expected = true;
      try {
        JSON.parse(each);
      } catch {
        expected = false;
      }
      try {
        parseStrict(each);
        assert.ok(expected);
      } catch (error) {
        assert.match(
          String(error),
          /^Error: (is not JSON|is too deep|has a member (twice|__proto__))$/,
        );
      }
    }),
    { numRuns: 1000 },
  );
});
