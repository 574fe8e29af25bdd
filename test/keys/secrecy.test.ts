import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { createAccount, createOperator } from "@nats-io/nkeys";
import { FaultError, parseConfig } from "../../src/config/index.ts";
import { loadKeyRing, seedSigner } from "../../src/keys/index.ts";
import { decodeSeed } from "../../src/keys/nkey.ts";
import { run } from "../support/project.ts";
import { makeDir } from "../support/service.ts";
import { formsOf } from "./seed-forms.ts";

function assertSilent(said: string, seed: Uint8Array): void {
  for (const form of formsOf(seed)) assert.ok(!said.includes(form), "a seed got out");
}

/** Everything that a careless line of code could print of a value. */
function sayings(value: unknown): string[] {
  const deep = { showHidden: true, depth: Infinity, getters: true, maxArrayLength: null };
  const error = new Error("x", { cause: value });
  const cloned = () => {
    try {
      return inspect(structuredClone(value), deep);
    } catch (thrown) {
      return inspect(thrown, deep);
    }
  };
  return [
    inspect(value, deep),
    inspect(error, deep),
    inspect([new AggregateError([value])], deep),
    JSON.stringify(value) ?? "",
    JSON.stringify({ value, ...Object(value) }),
    String(value),
    `${error.stack}`,
    cloned(),
    Reflect.ownKeys(Object(value))
      .map((key) => String(Reflect.get(Object(value), key)))
      .join(),
  ];
}

test("a signer wipes the seed that it was given, signs like nkeys, and shows its public key alone", async () => {
  const key = createAccount();
  const seed = key.getSeed().slice();
  const { raw } = decodeSeed(seed) ?? { raw: new Uint8Array() };
  const signer = seedSigner(raw);
  assert.deepEqual(raw, new Uint8Array(32));
  assert.equal(signer.public_key, key.getPublicKey());
  assert.deepEqual(Buffer.from(await signer.sign(seed)), Buffer.from(key.sign(seed)));
  assert.deepEqual(JSON.parse(JSON.stringify(signer)), { public_key: key.getPublicKey() });
  for (const said of sayings(signer)) assertSilent(said, seed);
});

test("nothing printable of a key ring shows a seed", async (t) => {
  const dir = await makeDir(t);
  const key = createAccount();
  const seed = key.getSeed().slice();
  await writeFile(join(dir, "k.nk"), seed, { mode: 0o600 });
  const ring = await loadKeyRing(configIn(dir), { uid: process.getuid?.() ?? 0 });
  for (const value of [ring, ring.active("A"), ring.all("A")])
    for (const said of sayings(value)) assertSilent(said, seed);
});

test("a key that is refused is not shown by the refusal", async (t) => {
  const dir = await makeDir(t);
  const seed = createOperator().getSeed().slice();
  const contents = [Buffer.from(seed), Buffer.concat([seed, seed]), Buffer.from(seed).subarray(1)];
  for (const content of contents) {
    await writeFile(join(dir, "k.nk"), content, { mode: 0o600 });
    const owner = { uid: process.getuid?.() ?? 0 };
    const error = await loadKeyRing(configIn(dir), owner).catch((reason: unknown) => reason);
    assert.ok(error instanceof FaultError);
    for (const said of sayings(error)) assertSilent(said, seed);
  }
});

test("a heap snapshot of a process that loaded a key holds no text of its seed", async (t) => {
  const dir = await makeDir(t);
  const seed = createAccount().getSeed().slice();
  await writeFile(join(dir, "k.nk"), seed, { mode: 0o600 });
  const script = fileURLToPath(new URL("./snapshot-process.js", import.meta.url));
  const config_file = await writeConfig(dir);
  await run(process.execPath, [script, config_file, join(dir, "heap")], { limit_ms: 60_000 });
  const heap = await readFile(join(dir, "heap"), "latin1");
  assert.ok(heap.includes("a text that is on the heap")); // so the search finds what is there
  assertSilent(heap, seed);
});

const CONFIG = `issuers: [{ name: a, url: https://a.test, preset: generic, audience: a }]
policy: p
journal: stdout
accounts: [{ name: A, public_key: ${createAccount().getPublicKey()}, signing_keys: [{ file: k.nk }] }]
`;
const configIn = (dir: string) => parseConfig(CONFIG, join(dir, "c.yaml"));

async function writeConfig(dir: string): Promise<string> {
  await writeFile(join(dir, "c.yaml"), CONFIG);
  return join(dir, "c.yaml");
}
