import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { createAccount, createUser } from "@nats-io/nkeys";
import { makeDir } from "../../support/service.ts";
import { goodConfig, runHere } from "../support.ts";
import { nscStoreWith } from "./import-support.ts";

const scope = { after };
const WORKER = {
  pub: { allow: ["orders.done.>"], deny: ["orders.done.secret"] },
  sub: { allow: ["orders.new workers", "_INBOX.>"], deny: [] },
};

const importOf = (...args: string[]) => runHere(["policy", "import", ...args]);
const read = (dir: string, name: string) => readFile(join(dir, name), "utf8");

test("users of a store become roles and cases that pass, and nobody gets anything by them", async () => {
  const { store, user } = await nscStoreWith(scope);
  await user("ORDERS", "worker-1", { ...WORKER, tags: ["team:a", "host:x"] });
  await user("ORDERS", "worker-2", { ...WORKER, tags: ["team:a"] });
  await user("ORDERS", "admin");
  await user("BILLS", "worker-1", WORKER);
  const before = await readdir(store, { recursive: true });
  const dir = join(await makeDir(scope), "new");
  const { code, out, err } = await importOf("--from-nsc", store, "--dir", dir);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /^4 users became 3 roles\nWIDE: admin may do everything in the account\n/);
  assert.deepEqual(await readdir(store, { recursive: true }), before);

  const policy = await read(dir, "policy.yaml");
  assert.match(policy, / {2}worker:\n {4}# Was: worker-1, worker-2\n/);
  assert.match(policy, /# WIDE: may publish to and subscribe to everything in the account/);
  assert.match(policy, / {4}tags: \["team:a"\]\n/);
  assert.match(policy, /Tags left out, not those of all of them: worker-1 had host:x\n/);
  assert.equal(((await stat(join(dir, "policy.yaml"))).mode & 0o777).toString(8), "644");

  const cases = join(dir, "policy.cases.yaml");
  const passed = await runHere(["policy", "test", cases, "--coverage", "--min", "100"]);
  assert.deepEqual([passed.code, passed.err], [0, ""], passed.out);
  const linted = await runHere(["policy", "lint", "--policy", join(dir, "policy.yaml")]);
  const ids = [...linted.out.matchAll(/^\S+: ([a-z-]+): /gm)].map(([, id]) => id);
  assert.deepEqual([...new Set(ids)].sort(), ["deny-list", "inbox-of-others", "wildcard-first"]);
});

test("the cases say who holds a role once the to-do is done", async () => {
  const { store, user } = await nscStoreWith(scope);
  await user("ORDERS", "worker", WORKER);
  const dir = join(await makeDir(scope), "new");
  assert.equal((await importOf("--from-nsc", store, "--dir", dir)).code, 0);
  for (const name of ["policy.yaml", "policy.cases.yaml"]) {
    const text = await read(dir, name);
    await writeFile(join(dir, name), text.replace(/"to do: [^"]*"/, "alice"));
  }
  const { code, out } = await runHere(["policy", "test", join(dir, "policy.cases.yaml")]);
  assert.equal(code, 0, out);
});

test("whoever cannot connect, or cannot be carried over, is named with the reason", async () => {
  const gone = createUser();
  const revocations = { [gone.getPublicKey()]: 4_000_000_000 };
  const { store, user, put } = await nscStoreWith(scope, { revocations });
  await user("ORDERS", "fine", WORKER);
  await user("ORDERS", "expired", WORKER, { exp: 1000 });
  await user("ORDERS", "revoked", WORKER, { key: gone });
  await user("ORDERS", "stranger", WORKER, { signer: createAccount() });
  await user("ORDERS", "refused", { pub: { allow: ["a..b"], deny: [] } });
  await user("ORDERS", "mute", { pub: { deny: [">"] }, sub: { deny: [">"] } } as never);
  await user("SYS", "sys");
  await put("accounts/ORDERS/users/broken.jwt", "ey.no.jwt");
  const { code, out, err } = await importOf("--from-nsc", store);
  assert.equal(code, 0);
  const told: [string, string][] = [
    ["ORDERS/expired", "its JWT has expired"],
    ["ORDERS/revoked", "its JWT has been revoked"],
    ["ORDERS/stranger", "its JWT is signed by a key that its account does not list any more"],
    ["ORDERS/refused", "nats-server refuses its JWT for the subject"],
    ["ORDERS/mute", "nothing that it may do, beside an inbox, can be written"],
    ["SYS/sys", "it is in the system account"],
    ["ORDERS/broken", "holds no NATS user JWT"],
  ];
  for (const [name, why] of told) {
    assert.ok(err.includes(`left out: ${name}: ${why}`), name);
    assert.ok(out.includes(`# - ${name}: ${why}`), name);
  }
  assert.match(err, /^1 user became 1 role, 7 left out$/m);
});

test("of a creds file the JWT is read, and the seed is nowhere", async () => {
  const { store, user } = await nscStoreWith(scope);
  const [own, open] = [await user("ORDERS", "own", WORKER), await user("ORDERS", "open")];
  const dir = await makeDir(scope);
  await writeFile(join(dir, "own.creds"), own.creds, { mode: 0o600 });
  await writeFile(join(dir, "open.creds"), open.creds, { mode: 0o600 });
  const io = { cwd: dir };
  const argv = ["policy", "import", "--from-creds", "own.creds", "open.creds"];
  const alone = await runHere(argv, io);
  assert.equal(alone.code, 0, alone.err);
  // What the account adds to a JWT that says nothing is not in the file.
  assert.match(alone.err, /left out: open\.creds: its JWT says nothing of subjects/);
  assert.match(alone.out, /account: A[A-Z2-7]{55}\n/);
  const bare = await runHere(["policy", "import", "own.creds", "open.creds"], io);
  assert.deepEqual(bare, alone);
  const beside = await runHere([...argv, "--from-nsc", store], io);
  assert.match(beside.err, /^2 users became 2 roles$/m);
  assert.match(beside.out, /account: ORDERS\n/);
  for (const { out, err } of [alone, beside])
    assert.doesNotMatch(out + err, /\bSU[A-Z2-7]{56}\b|eyJ0eXAi/);
});

test("with a configuration, accounts and issuers have the names that they have there", async () => {
  const { store, keys, user } = await nscStoreWith(scope);
  await user("ORDERS", "worker", WORKER);
  await user("BILLS", "biller", WORKER);
  const { file } = await goodConfig(scope);
  const text = await readFile(file, "utf8");
  const [key = ""] = /A[A-Z2-7]{55}/.exec(text) ?? [];
  await writeFile(
    file,
    text.replaceAll(key, keys.ORDERS.getPublicKey()).replaceAll("ORDERS", "SHOP"),
  );
  const dir = join(await makeDir(scope), "new");
  const made = await importOf("--from-nsc", store, "--config", file, "--dir", dir);
  assert.equal(made.code, 0, made.err);
  assert.match(made.err, /BILLS\/biller: the configuration has no account with the public key A/);
  const policy = await read(dir, "policy.yaml");
  assert.match(policy, /account: SHOP\n/);
  assert.match(policy, /issuer: corp\n/);
  const tested = await runHere([
    "policy",
    "test",
    join(dir, "policy.cases.yaml"),
    "--config",
    file,
  ]);
  assert.equal(tested.code, 0, tested.out + tested.err);
});

test("nothing is overwritten, and nothing is written where there is nothing", async () => {
  const { store, user } = await nscStoreWith(scope);
  const dir = await makeDir(scope);
  const none = await importOf("--from-nsc", store, "--dir", join(dir, "none"));
  assert.equal(none.code, 1);
  assert.match(none.err, /there is no user whose rights could be carried over$/);
  await user("ORDERS", "worker", WORKER);
  await writeFile(join(dir, "policy.cases.yaml"), "mine");
  const taken = await importOf("--from-nsc", store, "--dir", dir);
  assert.equal(taken.code, 2);
  assert.match(taken.err, /not overwriting policy\.cases\.yaml in /);
  assert.deepEqual(await readdir(dir), ["policy.cases.yaml"]);
});

test("what names no users is wrong usage", async () => {
  const dir = await makeDir(scope);
  const wrong: [string[], RegExp][] = [
    [[], /name an nsc store with --from-nsc, or creds files/],
    [["--from-nsc", dir], /holds no operator JWT/],
    [["--from-nsc", dir, "more"], /beside --from-nsc, creds files are named with --from-creds/],
    [["--from-creds", join(dir, "none")], /cannot be read \(ENOENT\)/],
  ];
  for (const [args, told] of wrong) {
    const { code, err } = await importOf(...args);
    assert.equal(code, 2);
    assert.match(err, told);
  }
});
