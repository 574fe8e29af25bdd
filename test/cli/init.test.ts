import assert from "node:assert/strict";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { encodeAccount, encodeOperator } from "@nats-io/jwt";
import { createAccount, createOperator } from "@nats-io/nkeys";
import { runNatsServer } from "../support/nats.ts";
import { connectWith, violations } from "../support/nats-client.ts";
import { startProvider } from "../support/provider.ts";
import { makeDir, serveFile } from "../support/service.ts";
import { runHere } from "./support.ts";

const scope = { after };

/** The cases that were made pass, by themselves and by the configuration, and reach everything. */
async function passes(dir: string): Promise<void> {
  const cases = join(dir, "policy.cases.yaml");
  const all = ["policy", "test", cases, "--coverage", "--min", "100"];
  for (const more of [[], ["--config", join(dir, "nats-sts.yaml")]]) {
    const { code, out, err } = await runHere([...all, ...more]);
    assert.deepEqual([code, err], [0, ""], out);
  }
}

/** Puts free ports where the generated files have fixed ones, which other tests may use as well. */
async function onFreePort(file: string, from: string): Promise<void> {
  await writeFile(file, (await readFile(file, "utf8")).replace(from, "127.0.0.1:0"));
}

test("a server and the service run on the generated files, and a first credential connects", async (t) => {
  const dir = join(await makeDir(scope), "sts");
  const provider = await startProvider(t, { alg: "ES256", clients: [{ id: "orders-worker" }] });
  const made = await runHere([
    "init",
    "--dir",
    dir,
    "--account",
    "SHOP",
    "--issuer",
    provider.issuer,
  ]);
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /keys\/operator\.nk +ROOT OF TRUST: move it offline/);

  const config = join(dir, "nats-sts.yaml");
  const checked = await runHere(["check", "--config", config]);
  assert.equal(checked.code, 0, checked.err);
  await passes(dir);

  const url = await runNatsServer(t, join(dir, "nats-server.conf"));
  await onFreePort(config, "127.0.0.1:8080");
  const service = await serveFile(t, config, { NATS_STS_METRICS_LISTEN: "127.0.0.1:0" });
  const answer = await service.ask(await provider.token({ client: "orders-worker" }));
  assert.equal(answer.status, 200, answer.text);
  const { jwt, seed, inbox_prefix } = answer.json;
  const nc = await connectWith(t, url, { jwt, seed }, { inboxPrefix: inbox_prefix });
  const refused = violations(nc);
  nc.publish("orders.done.orders-worker.1");
  nc.publish("orders.done.somebody.1");
  assert.deepEqual(await refused(), ["publish orders.done.somebody.1"]);

  const system = await readFile(join(dir, "keys", "system.creds"), "utf8");
  const admin = await connectWith(t, url, system);
  const pong = await admin.request("$SYS.REQ.SERVER.PING", "", { timeout: 5_000 });
  assert.ok(pong.json<{ server: { id: string } }>().server.id);
});

test("secrets are for their owner alone", async () => {
  const dir = join(await makeDir(scope), "sts");
  assert.equal((await runHere(["init", "--dir", dir])).code, 0);
  const mode = async (path: string) => ((await stat(join(dir, path))).mode & 0o777).toString(8);
  assert.equal(await mode("."), "700");
  assert.equal(await mode("keys"), "700");
  for (const file of await readdir(join(dir, "keys")))
    assert.equal(await mode(`keys/${file}`), "600");
  for (const file of ["nats-server.conf", "nats-sts.yaml", "policy.yaml"]) {
    assert.doesNotMatch(await readFile(join(dir, file), "utf8"), /\bS[OAU][A-Z2-7]{56}\b/);
  }
});

test("nothing is overwritten, and nothing is half made", async () => {
  const dir = await makeDir(scope);
  await writeFile(join(dir, "policy.yaml"), "mine");
  const { code, err } = await runHere(["init", "--dir", dir]);
  assert.equal(code, 1);
  assert.match(err, /not overwriting policy\.yaml/);
  assert.deepEqual(await readdir(dir), ["policy.yaml"]);
  assert.equal(await readFile(join(dir, "policy.yaml"), "utf8"), "mine");
});

test("an account name that no configuration takes is refused", async () => {
  const dir = await makeDir(scope);
  for (const name of ["", "a b", "../x", "-x"]) {
    assert.equal((await runHere(["init", "--dir", dir, `--account=${name}`])).code, 2);
  }
  assert.deepEqual(await readdir(dir), []);
});

test("an account whose keys would stand where others stand is refused", async () => {
  const dir = await makeDir(scope);
  for (const name of ["SYS", "sys", "operator", "Operator-Signing"]) {
    const { code, err } = await runHere(["init", "--dir", dir, "--account", name]);
    assert.equal(code, 2);
    assert.match(err, /would put its keys where those of the operator/);
  }
  assert.deepEqual(await readdir(dir), []);
});

test("what the configuration would refuse is refused before anything is written", async () => {
  const dir = await makeDir(scope);
  const wrong: [string[], RegExp][] = [
    [["--issuer", "idp.example.com"], /^nats-sts init: --issuer must/],
    [["--issuer", "http://idp.example.com"], /^nats-sts init: --issuer /],
    [["--issuer", "https://idp.example.com/?a=b"], /^nats-sts init: --issuer /],
    [["--issuer", "https://a\n    preset: okta"], /^nats-sts init: --issuer /],
    [["--audience", ""], /^nats-sts init: --audience /],
    [["--operator", ""], /^nats-sts init: --operator /],
  ];
  for (const [options, said] of wrong) {
    const { code, err } = await runHere(["init", "--dir", dir, ...options]);
    assert.equal(code, 2, options.join(" "));
    assert.match(err, said);
  }
  assert.deepEqual(await readdir(dir), []);
});

test("what would read as something else in YAML is quoted, and next commands are words of a shell", async () => {
  const home = await makeDir(scope);
  const audience = "me: # 'us' \"1\"";
  const argv = ["init", "--dir", "my sts", "--account", "123", "--audience", audience];
  const { code, err, out } = await runHere(argv, { cwd: home });
  assert.equal(code, 0, err);
  assert.match(out, /nats-sts check --config 'my sts\/nats-sts\.yaml'/);
  assert.match(out, /nats-server --config 'my sts\/nats-server\.conf'/);
  const config = join(home, "my sts", "nats-sts.yaml");
  const checked = await runHere(["check", "--config", config]);
  assert.equal(checked.code, 0, checked.err);
  assert.ok((await readFile(config, "utf8")).includes(JSON.stringify(audience)));
  await passes(join(home, "my sts"));
});

test("where no folder can be made, it says where and why, and leaves nothing", async () => {
  const dir = await makeDir(scope);
  const file = join(dir, "file");
  await writeFile(file, "mine");
  for (const at of [file, join(file, "below"), "/proc/nats-sts/here"]) {
    const { code, err } = await runHere(["init", "--dir", at]);
    assert.equal(code, 1, err);
    assert.match(err, /^nats-sts init: \S+ cannot be made: (it is no folder|no folder|this user)/);
  }
  await mkdir(join(dir, "half", "schema"), { recursive: true });
  await writeFile(join(dir, "half", "keys"), "in the way of a folder");
  const { code, err } = await runHere(["init", "--dir", join(dir, "half")]);
  assert.equal(code, 1);
  assert.match(err, /half\/keys cannot be made: it is no folder/);
  assert.deepEqual((await readdir(join(dir, "half"))).sort(), ["keys", "schema"]);
});

/** A store as nsc lays it out: JWTs in one tree, seeds in another. */
async function nscStore(dir: string) {
  const [operator, system] = [createOperator(), createAccount()];
  const [shop, signing, bare, remote] = [1, 2, 3, 4].map(() => createAccount());
  assert.ok(shop && signing && bare && remote);
  const store = join(dir, "stores", "OP");
  const put = async (name: string, jwt: string) => {
    await mkdir(join(store, "accounts", name), { recursive: true });
    await writeFile(join(store, "accounts", name, `${name}.jwt`), jwt);
  };
  const account = (name: string, key: typeof shop, signing_keys: string[] = []) =>
    encodeAccount(name, key, { signing_keys }, { signer: operator });
  await put("SHOP", await account("SHOP", shop, [signing.getPublicKey()]));
  await put("My Shop", await account("My Shop", shop, [signing.getPublicKey()]));
  await put("BARE", await account("BARE", bare));
  await put("REMOTE", await account("REMOTE", remote, [createAccount().getPublicKey()]));
  await put("SYS", await account("SYS", system));
  const claims = { system_account: system.getPublicKey() };
  await writeFile(join(store, "OP.jwt"), await encodeOperator("OP", operator, claims));
  const key = signing.getPublicKey();
  const folder = join(dir, "keys", "keys", "A", key.slice(1, 3));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${key}.nk`), signing.getSeed(), { mode: 0o400 });
  return { store, keys: join(dir, "keys"), public_key: shop.getPublicKey() };
}

test("accounts of an nsc store are used where they are, and the store stays as it was", async () => {
  const dir = await makeDir(scope);
  const { store, keys, public_key } = await nscStore(dir);
  const before = (await readdir(dir, { recursive: true })).sort();
  const out = join(await makeDir(scope), "sts");
  const argv = ["init", "--from-nsc", store, "--nsc-keys", keys, "--dir", out];
  const { code, err } = await runHere(argv);
  assert.equal(code, 0, err);
  assert.match(err, /"My Shop": left out, for a name here has 1 to 64 letters/);
  assert.match(err, /BARE: has no signing key; make one with: nsc edit account/);
  assert.match(err, /REMOTE: the seed of its signing key is not in the key folder/);
  assert.deepEqual((await readdir(dir, { recursive: true })).sort(), before);
  const text = await readFile(join(out, "nats-sts.yaml"), "utf8");
  assert.ok(text.includes(`name: SHOP\n    public_key: ${public_key}`));
  assert.ok(!text.includes("name: SYS"));
  await passes(out);
  const checked = await runHere(["check", "--config", join(out, "nats-sts.yaml")]);
  assert.equal(checked.code, 0, checked.err);
});

test("every file names a schema for editors, which lies beside it", async () => {
  const dir = join(await makeDir(scope), "sts");
  assert.equal((await runHere(["init", "--dir", dir])).code, 0);
  for (const name of ["nats-sts.yaml", "policy.yaml", "policy.cases.yaml"]) {
    const text = await readFile(join(dir, name), "utf8");
    const [, path = ""] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
    const schema = JSON.parse(await readFile(join(dir, path), "utf8"));
    assert.equal(schema.type, "object", name);
  }
});

test("what is no nsc store is told so", async () => {
  const dir = await makeDir(scope);
  await chmod(dir, 0o700);
  const { code, err } = await runHere(["init", "--from-nsc", dir, "--dir", join(dir, "out")]);
  assert.equal(code, 1);
  assert.match(err, /holds no operator JWT: name the folder of one operator/);
});

test("a typo in a generated file is told with file, line, column and what was meant", async () => {
  const dir = join(await makeDir(scope), "sts");
  assert.equal((await runHere(["init", "--dir", dir])).code, 0);
  const typos: [string, string, string][] = [
    ["nats-sts.yaml", "audience:", "audiance:"],
    ["nats-sts.yaml", "signing_keys:", "signing_key:"],
    ["nats-sts.yaml", "preset: generic", "preset: genric"],
    ["policy.yaml", "subscribe:", "subscibe:"],
    ["policy.yaml", "issuer: idp", "issuer: ipd"],
    ["policy.yaml", "roles: [worker]", "roles: [wroker]"],
  ];
  for (const [name, right, wrong] of typos) {
    const file = join(dir, name);
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace(right, wrong));
    const { code, err } = await runHere(["check", "--config", join(dir, "nats-sts.yaml")]);
    assert.equal(code, 1);
    const line = text.slice(0, text.indexOf(right)).split("\n").length;
    const meant =
      right
        .split(/[\s:[\]]+/)
        .filter(Boolean)
        .at(-1) ?? "";
    const told = err.split("\n").find((each) => each.startsWith(`${file}:${line}:`));
    assert.ok(told?.includes(meant), `${wrong}: ${err}`);
    await writeFile(file, text);
  }
});
