import assert from "node:assert/strict";
import { test } from "node:test";
import { stringify } from "yaml";
import { FaultError, parseConfig } from "../../src/config/index.ts";
import { fc } from "../support/fc.ts";
import { LEAST } from "./support.ts";

/** Parses; true where it was accepted. Anything thrown but a FaultError with faults fails the test. */
function accepted(text: string | Uint8Array, env: Record<string, string> = {}): boolean {
  try {
    parseConfig(text, "c.yaml", env);
    return true;
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    assert.ok(error.faults.length > 0);
    for (const { line, col, message } of error.faults)
      assert.ok(line >= 1 && col >= 1 && message !== "" && !message.includes("\n"), error.message);
    return false;
  }
}

const WORDS = [
  ...[
    "listen",
    "issuers",
    "accounts",
    "journal",
    "limits",
    "name",
    "url",
    "audience",
    "dir",
    "keep",
  ],
  ...["public_url", "trusted_proxies", "servers", "policy", "__proto__", "signing_keys", "max_ttl"],
  ...[
    "1h",
    "stdout",
    "https://a.test",
    "127.0.0.1:1",
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "  ",
    "\n",
    "\t",
  ],
  ...[
    "&a",
    "*a",
    "!!set",
    "!x",
    "|",
    ">",
    '"',
    "'",
    "? ",
    "---",
    "...",
    "#",
    "%YAML 1.1",
    "\\x",
    ",",
  ],
];

test("any text is accepted or is a list of faults", () => {
  const words = fc.array(fc.oneof(fc.constantFrom(...WORDS), fc.string())).map((w) => w.join(""));
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), words), (text) => {
      accepted(text);
      accepted(LEAST + text);
    }),
    { numRuns: 700 },
  );
});

test("any bytes are accepted or are a list of faults", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      accepted(bytes);
      accepted(Buffer.concat([Buffer.from(LEAST), bytes]));
    }),
    { numRuns: 400 },
  );
});

const nameIn = (holder: object, n: number) => {
  const keys = Object.keys(holder);
  return keys[n % Math.max(1, keys.length)] ?? "x";
};

test("a configuration in which any part was replaced by anything is accepted or is a list of faults", () => {
  const good = (): Record<string, unknown> => ({
    listen: "127.0.0.1:1",
    public_url: "https://a.test",
    trusted_proxies: ["10.0.0.0/8"],
    servers: ["nats://a:1"],
    max_ttl: "1h",
    issuers: [{ name: "a", url: "https://a.test", preset: "generic", audience: ["a"] }],
    policy: "p",
    accounts: [{ name: "A", public_key: `A${"B".repeat(55)}`, signing_keys: [{ file: "k" }] }],
    journal: { dir: "d", writer: "w", keep: "1d" },
    limits: { body_bytes: 5, rate_per_address: "5/s" },
  });
  assert.ok(accepted(stringify(good())));
  const key = fc.oneof(fc.constantFrom(...WORDS), fc.string());
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<unknown>(null, true, 0, -1, 1e300, "", "1h", "h:1", "\0", "5/s"),
      fc.string(),
      fc.array(tie("tree"), { maxLength: 4 }),
      fc.dictionary(key, tie("tree"), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));
  const step = fc.nat(20);
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 4 }),
      tree,
      fc.boolean(),
      (path, value, add) => {
        const root = good();
        let holder: object = root;
        for (const n of path.slice(1)) {
          const inner = Reflect.get(holder, nameIn(holder, n));
          if (typeof inner !== "object" || inner === null) break;
          holder = inner;
        }
        const name = nameIn(holder, path[0] ?? 0);
        Reflect.set(holder, add ? `${name}x` : name, value);
        accepted(stringify(root, { aliasDuplicateObjects: false }));
      },
    ),
    { numRuns: 1000 },
  );
});

test("any environment is accepted or is a list of faults", () => {
  const names = ["LISTEN", "ADMIN_LISTEN", "METRICS_LISTEN", "PUBLIC_URL", "SERVERS", "LOG_LEVEL"];
  const name = fc.constantFrom(...names.map((word) => `NATS_STS_${word}`));
  const text = fc.oneof(fc.string(), fc.constantFrom(...WORDS), fc.webUrl());
  fc.assert(fc.property(fc.dictionary(name, text), (env) => void accepted(LEAST, { ...env })));
});
