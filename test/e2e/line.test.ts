import assert from "node:assert/strict";
import { after, test } from "node:test";
import { connectWith, violations } from "../support/nats-client.ts";
import { startNats } from "../support/nats.ts";
import { startProvider } from "../support/provider.ts";
import { startService } from "../support/service.ts";

const scope = { after };
const POLICY = `
version: 1
roles:
  orders-worker:
    account: ORDERS
    subscribe: ["orders.new workers"]
    publish: ["orders.done.{client_id}.>"]
    respond: true
    ttl: 10m
rules:
  - name: readers
    issuer: corp
    scopes: [orders.read]
    grant: { account: ORDERS, subscribe: [orders.>], publish: [orders.ask] }
  - name: workers
    issuer: corp
    client: responder
    roles: [orders-worker]
`;

const [nats, provider] = await Promise.all([
  startNats(scope),
  startProvider(scope, { clients: [{ id: "worker" }, { id: "responder" }, { id: "short", ttl_s: 12 }] }),
]);
const service = await startService(scope, {
  provider,
  policy: POLICY,
  accounts: [nats.accounts.ORDERS],
  config: { servers: [nats.url] },
});

test("a token becomes a credential that permits what the policy says, and nothing next to it", async (t) => {
  const answer = await service.ask(await provider.token());
  assert.equal(answer.status, 200, answer.text);
  const { jwt, seed, inbox_prefix, publish, subscribe } = answer.json;
  console.log(answer.json);
  const nc = await connectWith(t, nats.url, { jwt, seed }, { inboxPrefix: inbox_prefix });
  const refused = violations(nc);
  void [publish, subscribe];
  nc.publish("orders.ask");
  nc.publish("orders.delete");
  nc.subscribe("orders.>");
  nc.subscribe(">");
  assert.deepEqual(await refused(), ["publish orders.delete", "subscribe >"]);
});
