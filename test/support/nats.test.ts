import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { test } from "node:test";
import { startNats } from "./nats.ts";
import { isSafe } from "./nats-binary.ts";
import { connectWith, violations } from "./nats-client.ts";

test("a client does what its JWT allows, and the server refuses the rest", async (t) => {
  const nats = await startNats(t);
  const { ORDERS } = nats.accounts;
  const worker = await ORDERS.user({
    pub: { allow: ["orders.new"] },
    sub: { allow: ["_INBOX.>", "orders.new workers"] },
  });
  const nc = await connectWith(t, nats.url, worker);
  const refused = violations(nc);

  nc.publish("orders.new");
  assert.deepEqual(await refused(), []);

  nc.publish("orders.delete");
  nc.subscribe("orders.>", { callback: () => {} });
  nc.subscribe("orders.new", { queue: "audit", callback: () => {} });
  assert.deepEqual(await refused(), [
    "publish orders.delete",
    "subscribe orders.>",
    "subscribe orders.new audit",
  ]);
});

test("key files are private, and everything is gone afterwards", async (t) => {
  const nats = await startNats(t, { accounts: ["A", "B"] });
  const file = nats.accounts.B.signing_key_file;
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(nats.dir).mode & 0o777, 0o700);
  await connectWith(t, nats.url, (await nats.accounts.A.user()).creds);
  await nats.stop();
  assert.throws(() => process.kill(nats.pid, 0));
  await assert.rejects(connectWith(t, nats.url, (await nats.accounts.A.user()).creds));
  t.after(() => assert.equal(existsSync(nats.dir), false));
});

for (const resolver of ["memory", "full"] as const) {
  test(`an account can be changed while the server runs (${resolver} resolver)`, async (t) => {
    const nats = await startNats(t, { resolver, jetstream: true });
    const user = await nats.accounts.ORDERS.user();
    const nc = await connectWith(t, nats.url, user);
    const info = await nc.request("$JS.API.INFO");
    assert.match(info.string(), /account_info_response/);

    await nats.pushAccount("ORDERS", { revocations: { "*": Math.floor(Date.now() / 1000) } });
    const why = await nc.closed();
    assert.match(String(why), /Revoked/i);
    assert.ok(nats.logs().some((line) => line.includes("Server is ready")));
  });
}

test("only servers without known advisories are taken", () => {
  for (const old of ["1.4.1", "2.9.10", "2.12.11", "2.13.9", "2.14.2"])
    assert.equal(isSafe(old), false);
  for (const good of ["2.12.12", "2.14.3", "2.15.1", "3.0.0"]) assert.equal(isSafe(good), true);
});
