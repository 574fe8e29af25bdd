import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createAccount, createOperator, type KeyPair } from "@nats-io/nkeys";
import { FaultError, parseConfig } from "../../src/config/index.ts";
import { loadKeyRing } from "../../src/keys/index.ts";
import { makeDir } from "../support/service.ts";

const US = { uid: process.getuid?.() ?? 0 };

interface Listed {
  readonly name: string;
  readonly public_key: string;
  /** Places of keys that are scoped. */
  readonly scoped?: readonly number[];
  /** Key, or the name of a file that there is not. */
  readonly keys: readonly (KeyPair | string)[];
}

/** Loads the ring of these accounts; the first stands on line 2, each on one line. */
async function load(dir: string, accounts: readonly Listed[]) {
  const rows: string[] = [];
  for (const { name, public_key, keys, scoped } of accounts) {
    const files: string[] = [];
    for (const [i, key] of keys.entries()) {
      const file = typeof key === "string" ? key : `${name}-${i}.nk`;
      if (typeof key !== "string") await writeFile(join(dir, file), key.getSeed(), { mode: 0o600 });
      files.push(`{ file: ${file}${scoped?.includes(i) ? ", scoped: true" : ""} }`);
    }
    rows.push(
      `  - { name: ${name}, public_key: ${public_key}, signing_keys: [${files.join(", ")}] }`,
    );
  }
  const text = `accounts:
${rows.join("\n")}
issuers: [{ name: a, url: https://a.test, preset: generic, audience: a }]
policy: p
journal: stdout
`;
  return loadKeyRing(parseConfig(text, join(dir, "c.yaml")), US);
}

const account = (name: string, ...keys: (KeyPair | string)[]): Listed => ({
  name,
  public_key: createAccount().getPublicKey(),
  keys,
});

async function faultsOf(dir: string, accounts: readonly Listed[]): Promise<string[]> {
  const error = await load(dir, accounts).catch((reason: unknown) => reason);
  assert.ok(error instanceof FaultError);
  return error.faults.map(({ line, col, message }) => `${line}:${col} ${message}`);
}

test("the first key of an account signs, and all of them are known", async (t) => {
  const [a, b, c] = [createAccount(), createAccount(), createAccount()];
  const ring = await load(await makeDir(t), [account("A", a, b), account("B", c)]);
  assert.equal(ring.active("A")?.public_key, a.getPublicKey());
  assert.deepEqual(
    ring.all("A").map(({ signer }) => signer.public_key),
    [a.getPublicKey(), b.getPublicKey()],
  );
  assert.deepEqual(
    ring.all("B").map(({ signer }) => signer.public_key),
    [c.getPublicKey()],
  );
  const signature = await ring.active("A")?.sign(Buffer.from("data"));
  assert.ok(a.verify(Buffer.from("data"), signature ?? new Uint8Array()));
});

test("a scoped key never signs but for roles that name it, wherever it is listed", async (t) => {
  const [a, b, c, d] = [createAccount(), createAccount(), createAccount(), createAccount()];
  const ring = await load(await makeDir(t), [
    { ...account("A", a, b, c), scoped: [0] },
    { ...account("B", d), scoped: [0] },
  ]);
  assert.deepEqual(
    ring.all("A").map(({ signer, state }) => [signer.public_key, state]),
    [
      [b.getPublicKey(), "active"],
      [c.getPublicKey(), "known"],
      [a.getPublicKey(), "scoped"],
    ],
  );
  assert.equal(ring.active("A")?.public_key, b.getPublicKey());
  assert.equal(ring.active("B"), undefined);
  assert.equal(ring.scoped("A", a.getPublicKey())?.public_key, a.getPublicKey());
  for (const [name, key] of [
    ["A", b],
    ["A", d],
    ["B", a],
    ["C", a],
  ] as const)
    assert.equal(ring.scoped(name, key.getPublicKey()), undefined);
});

test("an account that is not configured has no key, whatever its name", async (t) => {
  const ring = await load(await makeDir(t), [account("A", createAccount())]);
  for (const name of ["B", "", "a", "__proto__", "constructor"]) {
    assert.equal(ring.active(name), undefined);
    assert.deepEqual(ring.all(name), []);
  }
});

test("the identity key of any account is refused, and says how to make a signing key", async (t) => {
  const dir = await makeDir(t);
  const identity = createAccount();
  const faults = await faultsOf(dir, [
    account("A", createAccount(), identity),
    { name: "B", public_key: identity.getPublicKey(), keys: [createAccount()] },
  ]);
  assert.deepEqual(faults, [
    `2:121 ${join(dir, "A-1.nk")} holds the identity key of an account, which this service must never have: make a signing key with nsc edit account --name A --sk generate, and list that`,
  ]);
});

test("a key is listed once, for one account", async (t) => {
  const dir = await makeDir(t);
  const key = createAccount();
  const twice = await faultsOf(dir, [account("A", key, key)]);
  assert.equal(twice.length, 1);
  assert.match(
    twice[0] ?? "",
    /^2:121 .*A-1\.nk holds the key A[A-Z2-7]{55}, which is listed for A already/,
  );
  const shared = await faultsOf(dir, [account("A", key), account("B", createAccount(), key)]);
  assert.equal(shared.length, 1);
  assert.match(
    shared[0] ?? "",
    /^3:121 .*B-1\.nk .* listed for A already: each key belongs to one account, once$/,
  );
});

test("an account key with a wrong checksum is refused at its place", async (t) => {
  const key = createAccount().getPublicKey();
  const wrong = key.slice(0, -1) + (key.endsWith("A") ? "B" : "A");
  const accounts = [{ name: "A", public_key: wrong, keys: [createAccount()] }];
  assert.deepEqual(await faultsOf(await makeDir(t), accounts), [
    "2:16 is not the public nkey of an account: its checksum does not fit",
  ]);
});

test("every faulty key file is told at once, at the line that names it", async (t) => {
  const dir = await makeDir(t);
  const faults = await faultsOf(dir, [
    account("A", "none.nk", createAccount()),
    account("B", createOperator()),
    account("C", createAccount()),
  ]);
  assert.equal(faults.length, 2);
  assert.equal(
    faults[0],
    `2:103 ${join(dir, "none.nk")} cannot be read (ENOENT): check the path and its permissions`,
  );
  assert.match(
    faults[1] ?? "",
    /^3:103 .*B-0\.nk holds an operator key, which this service must never have/,
  );
});
