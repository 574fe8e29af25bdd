import assert from "node:assert/strict";
import { test } from "node:test";
import { createAccount } from "@nats-io/nkeys";
import { FaultError, parseConfig } from "../../src/config/index.ts";
import { faultsOf, LEAST, read } from "./support.ts";

const ALIAS = "YAML aliases are not supported: write the value out where it is used";
const TAG = "YAML tags are not supported";
const DIRECTIVE = "YAML directives are not supported";
const TWICE = "Map keys must be unique: this one stands above already";
const SETTINGS = "must hold settings: lines such as listen: 127.0.0.1:8080";

const REFUSED: readonly [what: string, text: string, ...faults: string[]][] = [
  ["an empty file", "", `1:1 ${SETTINGS}`],
  ["a file of comments", "# nothing\n", `1:1 ${SETTINGS}`],
  ["a list at the root", "- listen: h:1\n", `1:1 ${SETTINGS}`],
  ["a text at the root", "listen", `1:1 ${SETTINGS}`],
  [
    "a tab as indentation",
    `${LEAST}limits:\n\tbody_bytes: 1\n`,
    "8:1 is not YAML: a tab indents this line: only blanks may",
  ],
  [
    "a list that does not end",
    "issuers: [\n",
    "2:1 is not YAML: a list that begins with [ does not end with ]",
  ],
  [
    "a brace that is missing",
    "journal: dir: a, keep: 90d }\nlimits: { rate_keys: 1 }\npolicy: [a\n",
    "1:10 is not YAML: a second key in a line: is a { missing before it, or should it begin a line of its own?",
  ],
  [
    "a second document",
    `${LEAST}---\n${LEAST}`,
    "7:1 a second document begins here: a file holds one",
  ],
  [
    "a key that stands twice",
    `${LEAST}policy: b\nlimits: { rate_keys: 1, rate_keys: 2 }\n`,
    `7:1 ${TWICE}`,
    `8:25 ${TWICE}`,
  ],
  ["a key twice, once in quotes", `${LEAST}1: a\n"1": b\n`, `8:1 ${TWICE}`],
  ["an alias", `${LEAST}servers: &a [nats://x]\ntrusted_proxies: *a\n`, `8:18 ${ALIAS}`],
  [
    "a bomb of aliases",
    "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b]\n",
    `2:8 ${ALIAS}`,
    `2:11 ${ALIAS}`,
    `3:5 ${ALIAS}`,
  ],
  ["an alias to itself", "a: &a [*a]\n", `1:8 ${ALIAS}`],
  ["a tag of somebody", `${LEAST}servers: !js [x]\n`, `7:10 ${TAG}`],
  ["a tag of a function", "listen: !!js/function 'x'\n", `1:9 ${TAG}`],
  ["a set, which would lose its keys", `${LEAST}limits: !!set { body_bytes }\n`, `7:15 ${TAG}`],
  ["a tag that would repair a type", `${LEAST}max_ttl: !!str 1h\n`, `7:16 ${TAG}`],
  ["a directive that changes the grammar", `%YAML 1.1\n---\n${LEAST}`, `1:1 ${DIRECTIVE}`],
  ["a key that is a list", `${LEAST}? [a, b]\n: c\n`, "7:3 a key must be a text"],
  ["a key that is a map", `${LEAST}{ a: 1 }: c\n`, "7:1 a key must be a text"],
];

for (const [what, text, ...faults] of REFUSED) {
  test(`${what} is refused at its place`, () => {
    assert.deepEqual(faultsOf(text), faults);
  });
}

test("keys that objects inherit are unknown keys, at every depth, and change nothing", () => {
  for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty", "<<"]) {
    const root = faultsOf(`${LEAST}${key}: { plaintext: true }\n`);
    assert.equal(root.length, 1, key);
    assert.ok(root[0]?.startsWith(`7:1 unknown key "${key}"`), root[0]);
    const below = faultsOf(
      LEAST.replace("audience:", `${key}: { insecure_http: true }, audience:`),
    );
    assert.equal(below.length, 1, key);
    assert.ok(below[0]?.startsWith(`2:61 unknown key "${key}"`), below[0]);
  }
  assert.equal(({} as Record<string, unknown>)["plaintext"], undefined); // any key may be asked for
});

test("numbers, texts and truths are those of YAML 1.2: no and 017 are not what they were", () => {
  assert.deepEqual(faultsOf(`${LEAST}plaintext: no\n`), ["7:1 must be true or false"]);
  assert.equal(read(`${LEAST}limits: { rate_keys: 017 }\n`).limits.rate_keys, 17);
  assert.equal(faultsOf(`${LEAST}limits: { rate_keys: 1_000 }\n`).length, 1);
});

test("a byte order mark and CRLF are accepted, and change no line", () => {
  const text = `\uFEFF${LEAST}max_tll: 1h\n`.replaceAll("\n", "\r\n");
  assert.deepEqual(faultsOf(text), ['7:1 unknown key "max_tll": did you mean "max_ttl"?']);
  assert.deepEqual(read(Buffer.from(`\uFEFF${LEAST}`)), read(LEAST));
});

test("bytes that are not UTF-8 are refused where they stand, not replaced", () => {
  const bytes = (text: string) => Buffer.from(text, "latin1");
  assert.deepEqual(faultsOf(bytes(`# \u00ff\n${LEAST}`)), ["1:3 is not UTF-8"]);
  const name = LEAST.replace("corp", "Zo\u00eb");
  assert.deepEqual(faultsOf(bytes(name)), ["2:15 is not UTF-8"]);
  assert.ok(faultsOf(Buffer.from(LEAST, "utf16le")).length > 0);
  assert.deepEqual(faultsOf(Buffer.from([...Buffer.from(LEAST), 0xe2, 0x82])), [
    "7:1 is not UTF-8",
  ]);
  assert.deepEqual(read(Buffer.from(`# Zoë 日本 \uFFFD\n${LEAST}`)), read(LEAST));
});

test("a file of 20 MB is refused before it is parsed", () => {
  const text = `# ${"x".repeat(20_000_000)}\n${LEAST}`;
  assert.deepEqual(faultsOf(text), ["1:1 is larger than 16777216 bytes"]);
  assert.deepEqual(faultsOf(Buffer.from(text)), ["1:1 is larger than 16777216 bytes"]);
});

test("what is nested deeper than anybody writes is refused, however deep", () => {
  for (const depth of [65, 100, 5_000, 100_000]) {
    const faults = faultsOf(`a: ${"[".repeat(depth)}${"]".repeat(depth)}\n`);
    assert.equal(faults.length, 1);
    assert.match(faults[0] ?? "", /^1:\d+ is nested more than 64 deep$/);
  }
});

test("ten thousand keys in one map are read in a moment", () => {
  const keys = Array.from({ length: 20_000 }, (_, i) => `key${i}: 1`).join("\n");
  const from = process.cpuUsage();
  assert.throws(() => read(`${LEAST}${keys}\n`), FaultError);
  assert.ok(process.cpuUsage(from).user < 10_000_000);
});

test("of very many faults the first hundred are listed, and all are counted", () => {
  const keys = Array.from({ length: 150 }, (_, i) => `key${i}: 1`).join("\n");
  assert.throws(
    () => parseConfig(`${LEAST}${keys}\n`, "c.yaml"),
    (error: FaultError) => {
      const lines = error.message.split("\n");
      assert.equal(error.faults.length, 150);
      assert.equal(lines.length, 101);
      assert.equal(lines.at(-1), "and 50 more faults");
      return true;
    },
  );
});

test("a seed in the configuration is refused wherever it stands, and never repeated", () => {
  const seed = new TextDecoder().decode(createAccount().getSeed());
  const places = [
    LEAST.replace("./keys/orders.nk", seed),
    LEAST.replace("./keys/orders.nk", `/keys/${seed}`),
    LEAST.replace("{ file: ./keys/orders.nk }", seed),
    LEAST.replace("{ file: ./keys/orders.nk }", `{ ${seed} }`),
    `${LEAST}${seed}: 1\n`,
    `${LEAST}servers: [${seed}]\n`,
    `${LEAST}limits: {} ${seed}\n`,
    `${LEAST}${seed}\n`,
    `${LEAST}servers: *${seed}\n`,
    `${LEAST}servers: !${seed} []\n`,
    `%${seed}\n---\n${LEAST}`,
    `${LEAST}servers: "\\${seed}"\n`,
    `${LEAST}servers: |${seed}\n  x\n`,
    `- ${seed}\n${LEAST}`,
    seed,
  ];
  for (const text of places) {
    const faults = faultsOf(text);
    assert.ok(faults.length > 0);
    assert.ok(!faults.join().includes(seed.slice(4, 30)), faults.join());
  }
  assert.match(faultsOf(places[0] ?? "")[0] ?? "", /^5:\d+ holds the seed of a key/);
});

test("a word that is almost one of those that there are is told with the one that was meant", () => {
  const [fault = ""] = faultsOf(LEAST.replace("generic", "genreic"));
  assert.match(fault, /^2:44 must be a known preset: .*: did you mean "generic"\?$/);
});
