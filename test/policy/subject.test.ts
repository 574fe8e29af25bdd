import assert from "node:assert/strict";
import { test } from "node:test";
import {
  covers,
  type Direction,
  matches,
  overlaps,
  parseSubject,
  reserved,
  type Subject,
} from "../../src/policy/index.ts";
import { unite } from "../../src/policy/subject.ts";
import { fc } from "../support/fc.ts";

const subject = (text: string, direction: Direction = "subscribe"): Subject => {
  const parsed = parseSubject(text, direction);
  assert.ok(!("fault" in parsed), `${text} must be a subject`);
  return parsed;
};

test("what nats-server takes for a subject is one", () => {
  for (const text of [
    "a",
    "a.b",
    "*",
    ">",
    "a.*.b",
    "a.>",
    "*.>",
    "$JS.API.>",
    "A-b_c.1",
    "a:b/c=d",
  ]) {
    for (const direction of ["publish", "subscribe"] as const) {
      assert.equal(subject(text, direction).text, text);
    }
  }
  const queue = subject("orders.new workers.*");
  assert.deepEqual(queue.tokens, ["orders", "new"]);
  assert.deepEqual(queue.queue, ["workers", "*"]);
});

test("what the server rejects, ignores or takes literally is refused", () => {
  const bad = [
    "",
    ".",
    "a..b",
    ".a",
    "a.",
    "a.>.b",
    ">.a",
    ">.>",
    "a*b",
    "a.b*",
    "*>",
    "**",
    "a.>x",
    "a\tb",
    "a\nb",
    "\u0000",
    "a\u007f",
    "a\u00a0b",
    "zażółć",
    "日本",
    "\ud800",
    "a.{b}",
    "a.}",
    "{{name()}}",
    " a",
    "a ",
    "a  b",
    "a b c",
    "a b.",
    "a b..c",
    "a b*",
    "a >.b",
    "a\u2028b",
    "a\r",
    "x".repeat(1025),
    Array(65).fill("a").join("."),
  ];
  for (const text of bad) {
    assert.ok("fault" in parseSubject(text, "subscribe"), JSON.stringify(text.slice(0, 40)));
    assert.ok("fault" in parseSubject(text, "publish"), JSON.stringify(text.slice(0, 40)));
  }
  assert.ok("fault" in parseSubject("a b", "publish"), "a publisher has no queue group");
});

test("a plain subject covers its queue groups, and a queue form only equal or narrower ones", () => {
  const table: [string, string, boolean][] = [
    ["orders.>", "orders.new", true],
    ["orders.>", "orders", false],
    ["orders.>", "orders.>", true],
    ["orders.*", "orders.>", false],
    ["*.>", ">", false],
    ["*.*", "a.>", false],
    [">", "*", true],
    ["orders.>", "orders.new workers", true],
    ["orders.new workers", "orders.new", false],
    ["orders.new >", "orders.new", false],
    ["orders.new workers", "orders.new workers", true],
    ["orders.new workers", "orders.new audit", false],
    ["orders.new workers", "orders.* workers", false],
    ["orders.> w.*", "orders.new w.eu", true],
    ["orders.> w.*", "orders.new w.>", false],
    ["orders.> w.*", "orders.new w", false],
    ["orders.> >", "orders.new w.*", true],
  ];
  for (const [granted, wanted, expected] of table) {
    assert.equal(
      covers(subject(granted), subject(wanted)),
      expected,
      `${granted} covers ${wanted}`,
    );
  }
});

test("reserved is whatever can start with $ or _, however it is spelt", () => {
  for (const text of ["$SYS.>", "_INBOX.a", "_R_.x", ">", "*", "*.>", "*.a", "$", "_x q"]) {
    assert.ok(reserved(subject(text)), text);
  }
  for (const text of ["orders.>", "a.$SYS", "a._INBOX.>", "a$.b"])
    assert.ok(!reserved(subject(text)), text);
});

test("uniting sorts, drops duplicates and drops queue forms that a plain subject covers", () => {
  const united = (...texts: string[]) =>
    unite(texts.map((text) => subject(text))).map(({ text }) => text);
  assert.deepEqual(united("b", "a", "b", "a.> q"), ["a", "a.> q", "b"]);
  assert.deepEqual(united("orders.new workers", "orders.>"), ["orders.>"]);
  assert.deepEqual(united("orders.> workers", "orders.new"), ["orders.> workers", "orders.new"]);
  assert.deepEqual(united("a q", "a >"), ["a >", "a q"]);
});

const TOKENS = ["a", "b"];
/** `z` stands for every token that no pattern names. */
const ALPHABET = [...TOKENS, "z"];
const LITERALS = lists(ALPHABET, 4);
const pattern = fc
  .tuple(fc.array(fc.constantFrom(...TOKENS, "*"), { maxLength: 3 }), fc.boolean())
  .map(([tokens, rest]) => [...tokens, ...(rest || tokens.length === 0 ? [">"] : [])].join("."));
const form = fc
  .tuple(pattern, fc.option(pattern, { nil: undefined }))
  .map(([s, q]) => (q ? `${s} ${q}` : s));

/** Every list of these tokens with 1 to `length` members. */
function lists(tokens: readonly string[], length: number): string[] {
  let layer = [...tokens];
  const all = [...layer];
  for (let i = 1; i < length; i++) {
    layer = layer.flatMap((head) => tokens.map((token) => `${head}.${token}`));
    all.push(...layer);
  }
  return all;
}

/** As the documentation of NATS says it, by a regular expression: slow and obvious. */
function bruteMatch(text: string, literal: string): boolean {
  const source = text.split(".").map((t) => (t === ">" ? ".+" : t === "*" ? "[^.]+" : t));
  return new RegExp(`^${source.join("\\.")}$`).test(literal);
}

test("matching agrees with a brute-force matcher", () => {
  fc.assert(
    fc.property(pattern, (text) => {
      const parsed = subject(text);
      for (const literal of LITERALS)
        assert.equal(matches(parsed, literal), bruteMatch(text, literal), literal);
    }),
  );
});

test("covering and overlapping agree with a brute-force matcher", () => {
  fc.assert(
    fc.property(pattern, pattern, (a, b) => {
      const inA = new Set(LITERALS.filter((literal) => bruteMatch(a, literal)));
      const inB = LITERALS.filter((literal) => bruteMatch(b, literal));
      assert.equal(
        covers(subject(a), subject(b)),
        inB.every((literal) => inA.has(literal)),
        `${a} covers ${b}`,
      );
      assert.equal(
        overlaps(subject(a), subject(b)),
        inB.some((literal) => inA.has(literal)),
        `${a} overlaps ${b}`,
      );
    }),
    { numRuns: 500 },
  );
});

/** What a subscription entry lets a client do: a subject in a queue group, or in none. */
function may(entry: string, literal: string, group: string | undefined): boolean {
  const [own = "", queue] = entry.split(" ");
  if (!bruteMatch(own, literal)) return false;
  return queue === undefined || (group !== undefined && bruteMatch(queue, group));
}

test("covering agrees with a brute-force matcher where queue groups are involved", () => {
  const groups = [undefined, ...lists(ALPHABET, 3)];
  const literals = lists(ALPHABET, 3);
  const short = fc
    .tuple(fc.array(fc.constantFrom(...TOKENS, "*"), { maxLength: 2 }), fc.boolean())
    .map(([tokens, rest]) => [...tokens, ...(rest || tokens.length === 0 ? [">"] : [])].join("."));
  const entry = fc
    .tuple(short, fc.option(short, { nil: undefined }))
    .map(([s, q]) => (q ? `${s} ${q}` : s));
  fc.assert(
    fc.property(entry, entry, (a, b) => {
      const inside = literals.every((l) => groups.every((g) => !may(b, l, g) || may(a, l, g)));
      assert.equal(covers(subject(a), subject(b)), inside, `${a} covers ${b}`);
    }),
    { numRuns: 300 },
  );
});

test("uniting never changes what is permitted", () => {
  const groups = [undefined, ...lists(ALPHABET, 2)];
  const literals = lists(ALPHABET, 3);
  fc.assert(
    fc.property(fc.array(form, { maxLength: 5 }), (entries) => {
      const united = unite(entries.map((text) => subject(text))).map(({ text }) => text);
      for (const literal of literals) {
        for (const group of groups) {
          const before = entries.some((entry) => may(entry, literal, group));
          assert.equal(
            united.some((entry) => may(entry, literal, group)),
            before,
          );
        }
      }
    }),
  );
});

test("no text makes the grammar throw, and what it takes has clean tokens", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 30 }), (text) => {
      const parsed = parseSubject(text, "subscribe");
      if ("fault" in parsed) return;
      assert.equal(parsed.text, text);
      assert.match(text, /^[\x21-\x7e]+( [\x21-\x7e]+)?$/);
    }),
    { numRuns: 2000 },
  );
});
