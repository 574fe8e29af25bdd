import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { createAccount } from "@nats-io/nkeys";
import { runNatsServer, startNats } from "../support/nats.ts";
import { makeAccount, makeDir, type ServedAccount, writeConfig } from "../support/service.ts";
import { POLICY, runHere } from "./support.ts";

const scope = { after };
const provider = { issuer: "http://127.0.0.1:1", audience: "nats-sts" };
const nats = await startNats(scope);

async function check(account: ServedAccount, servers: readonly string[], more = {}) {
  const dir = await makeDir(scope);
  const file = await writeConfig(dir, {
    provider,
    policy: POLICY,
    accounts: [account],
    config: { servers, ...more },
  });
  return runHere(["check", "--config", file, "--connect"]);
}

test("a key that the account lists connects", async () => {
  const { code, out } = await check(nats.accounts.ORDERS, [nats.url]);
  assert.equal(code, 0);
  assert.ok(
    out.includes(
      `${nats.accounts.ORDERS.signing_public_key} on ${nats.url}: ok, the account lists`,
    ),
  );
});

test("a key that the account does not list is told so, with what to do", async () => {
  const stranger = await makeAccount(await makeDir(scope));
  const { public_key } = nats.accounts.ORDERS;
  const { code, err } = await check({ ...stranger, public_key }, [nats.url]);
  assert.equal(code, 1);
  assert.match(err, /Authorization Violation[\s\S]*nsc describe account --name ORDERS/);
  assert.doesNotMatch(err, /S[UA][A-Z2-7]{56}|eyJ/);
});

/** The service's account with this key beside its own, and what its account JWT lists of both. */
async function withScoped(t: TestContext, listed: (key: string) => unknown, scoped: boolean) {
  const { ORDERS } = nats.accounts;
  const key = createAccount();
  const file = join(await makeDir(t), "scoped.nk");
  await writeFile(file, key.getSeed(), { mode: 0o600 });
  const signing_keys = [ORDERS.signing_public_key, listed(key.getPublicKey())];
  // `as`: the library types scopes more narrowly than nats-server reads them.
  await nats.pushAccount("ORDERS", { signing_keys: signing_keys as never });
  const account = {
    ...{ name: ORDERS.name, public_key: ORDERS.public_key },
    signing_keys: [{ file: ORDERS.signing_key_file }, { file, scoped }],
  };
  const checked = await check(ORDERS, [nats.url], { accounts: [account] });
  return { ...checked, key: key.getPublicKey() };
}

const template = { pub: { allow: ["a"] }, sub: { allow: ["b"] }, subs: -1, data: -1, payload: -1 };
const withScope = (key: string) => ({ kind: "user_scope", key, role: "team", template });
const without = (key: string) => key;

test("a scoped key is good where the account lists it with a scope", async (t) => {
  const { code, out, key } = await withScoped(t, withScope, true);
  assert.equal(code, 0);
  assert.ok(
    out.includes(`${key} on ${nats.url}: ok, the account lists this key with a scope`),
    out,
  );
});

test("a key that is called scoped and has no scope is told, for it would permit everything", async (t) => {
  const { code, err, key } = await withScoped(t, without, true);
  assert.equal(code, 1);
  assert.ok(
    err.includes(`${key} on ${nats.url}: the account lists this key, but without a scope`),
    err,
  );
});

test("a key with a scope that is not called scoped is told, and one that nobody lists", async (t) => {
  const plain = await withScoped(t, withScope, false);
  assert.equal(plain.code, 1);
  assert.match(plain.err, /with a scope exactly where the configuration says scoped: true\?/);
  const nobodys = await withScoped(t, () => createAccount().getPublicKey(), true);
  assert.equal(nobodys.code, 1);
  assert.match(nobodys.err, /Authorization Violation[\s\S]*nsc describe account/);
});

/** A server that runs on this configuration and knows no operator. */
async function plainServer(t: TestContext, config: string): Promise<string> {
  const file = join(await makeDir(t), "nats-server.conf");
  await writeFile(file, config);
  return runNatsServer(t, file);
}

test("a server that checks nothing lets anybody in, and is told so", async (t) => {
  const bare = await plainServer(t, "");
  const open = await plainServer(
    t,
    "accounts { A: { users: [{ user: a, password: b }] } }\nno_auth_user: a\n",
  );
  for (const url of [bare, open]) {
    const { code, out, err } = await check(nats.accounts.ORDERS, [url]);
    assert.equal(code, 1, out);
    assert.ok(err.includes(`ORDERS: ${url}: this server lets anybody in`), err);
    assert.doesNotMatch(out, /ok, the account/);
  }
});

test("a URL that says tls is held to it", async () => {
  const url = nats.url.replace("nats://", "tls://");
  const { code, out, err } = await check(nats.accounts.ORDERS, [url]);
  assert.equal(code, 1, out);
  assert.match(err, /server does not support 'tls'\n.*this server speaks without/);
});

test("a server that is not there is told apart from one that refuses", async () => {
  const { code, err } = await check(nats.accounts.ORDERS, ["nats://127.0.0.1:1"]);
  assert.equal(code, 1);
  assert.match(
    err,
    /ORDERS: nats:\/\/127\.0\.0\.1:1: .*refused\n.*Nobody listens there: start it/i,
  );
  assert.doesNotMatch(err, /nsc describe/);
});
