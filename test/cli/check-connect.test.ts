import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startNats } from "../support/nats.ts";
import { makeAccount, makeDir, type ServedAccount, writeConfig } from "../support/service.ts";
import { POLICY, runHere } from "./support.ts";

const scope = { after };
const provider = { issuer: "http://127.0.0.1:1", audience: "nats-sts" };
const nats = await startNats(scope);

async function check(account: ServedAccount, servers: readonly string[]) {
  const dir = await makeDir(scope);
  const file = await writeConfig(dir, {
    provider,
    policy: POLICY,
    accounts: [account],
    config: { servers },
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

test("a server that is not there is told apart from one that refuses", async () => {
  const { code, err } = await check(nats.accounts.ORDERS, ["nats://127.0.0.1:1"]);
  assert.equal(code, 1);
  assert.match(err, /on nats:\/\/127\.0\.0\.1:1: .*(refused|ECONNREFUSED)/i);
  assert.doesNotMatch(err, /nsc describe/);
});
