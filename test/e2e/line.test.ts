import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { NatsConnection } from "@nats-io/transport-node";
import { startNats } from "../support/nats.ts";
import { connectWith, violations } from "../support/nats-client.ts";
import type { Scope } from "../support/project.ts";
import { startProvider } from "../support/provider.ts";
import { type Answer, startService } from "../support/service.ts";

const POLICY = `
version: 1
roles:
  reader: { account: ORDERS, subscribe: ["orders.*"], publish: [orders.ask, orders.new] }
  worker:
    account: ORDERS
    subscribe: ["orders.new workers"]
    publish: ["orders.done.{client_id}.>"]
    respond: true
rules:
  - { name: readers, issuer: corp, client: reader, scopes: [orders.read], roles: [reader] }
  - { name: eve, issuer: corp, subject: [eve, mallory], kind: client, roles: [reader] }
  - name: workers
    issuer: corp
    client: worker
    roles: [worker]
  - name: watchers of the bill
    issuer: corp
    client: watcher
    grant: { account: BILLING, subscribe: ["bills.>"] }
`;

const scope = { after };
const clients = [{ id: "reader" }, { id: "eve" }, { id: "watcher" }];
const [nats, provider] = await Promise.all([
  startNats(scope, { accounts: ["ORDERS", "BILLING"], jetstream: true }),
  startProvider(scope, { clients }),
]);
const service = await startService(scope, {
  provider,
  policy: POLICY,
  accounts: [nats.accounts.ORDERS, nats.accounts.BILLING],
  config: { servers: [nats.url] },
});

/** A credential and a connection with it, as its client would have both. */
async function client(
  t: Scope,
  id: string,
  body?: unknown,
): Promise<{ nc: NatsConnection; answer: Answer }> {
  const answer = await service.ask(await provider.token({ client: id }), body);
  assert.equal(answer.status, 200, answer.text);
  const { jwt, seed, inbox_prefix } = answer.json;
  const nc = await connectWith(t, nats.url, { jwt, seed }, { inboxPrefix: inbox_prefix });
  return { nc, answer };
}

test("what the grant allows works, and everything next to it is refused by the server", async (t) => {
  const { nc } = await client(t, "reader");
  const refused = violations(nc);
  const got = nc.subscribe("orders.ask", { max: 1 });
  nc.publish("orders.ask", "hello");
  for await (const message of got) assert.equal(message.string(), "hello");
  assert.deepEqual(await refused(), []);

  for (const subject of [
    "orders.asks",
    "orders",
    "orders.ask.x",
    "orders.done",
    "bills.1",
    "$JS.API.INFO",
    "_INBOX.x",
  ]) {
    nc.publish(subject);
    assert.deepEqual(await refused(), [`publish ${subject}`]);
  }
  for (const subject of [">", "*.ask", "orders.a.b", "_INBOX.>", "$SYS.>", "$JS.>"]) {
    nc.subscribe(subject);
    assert.deepEqual(await refused(), [`subscribe ${subject}`]);
  }
});

test("a star stays one token, though the server lets a client subscribe to all that is below", async (t) => {
  const { nc } = await client(t, "reader");
  const subjects: string[] = [];
  nc.subscribe("orders.>", { callback: (_, { subject }) => void subjects.push(subject) });
  await nc.flush();
  const admin = await nats.accounts.ORDERS.user({
    pub: { allow: ["orders.>"] },
    sub: { deny: [">"] },
  });
  const publisher = await connectWith(t, nats.url, admin);
  for (const subject of ["orders.1", "orders.1.secret", "orders.1.2.3", "orders.2"])
    publisher.publish(subject);
  await publisher.flush();
  await nc.flush();
  assert.deepEqual(subjects, ["orders.1", "orders.2"]);
});

test("a queue group is the granted one and no other", async (t) => {
  const { nc } = await client(t, "worker");
  const refused = violations(nc);
  nc.subscribe("orders.new", { queue: "workers" });
  assert.deepEqual(await refused(), []);
  nc.subscribe("orders.new");
  nc.subscribe("orders.new", { queue: "audit" });
  assert.deepEqual(await refused(), ["subscribe orders.new", "subscribe orders.new audit"]);
});

test("a claim fills its slot, and the neighbour's subject stays closed", async (t) => {
  const { nc } = await client(t, "worker");
  const refused = violations(nc);
  nc.publish("orders.done.worker.1");
  assert.deepEqual(await refused(), []);
  nc.publish("orders.done.reader.1");
  nc.publish("orders.done.worker");
  assert.deepEqual(await refused(), ["publish orders.done.reader.1", "publish orders.done.worker"]);
});

test("requests and replies work through the private inbox, and nobody else reads it", async (t) => {
  const [asking, answering, eve] = await Promise.all([
    client(t, "reader"),
    client(t, "worker"),
    client(t, "eve"),
  ]);
  answering.nc.subscribe("orders.new", {
    queue: "workers",
    callback: (_, message) => void message.respond(`${message.string()}: done`),
  });
  await answering.nc.flush();
  const reply = await asking.nc.request("orders.new", "order 7", { timeout: 5_000 });
  assert.equal(reply.string(), "order 7: done");

  const refused = violations(eve.nc);
  const inbox = asking.answer.json.inbox_prefix;
  assert.notEqual(inbox, eve.answer.json.inbox_prefix);
  for (const subject of [`${inbox}.>`, `${inbox}.*`, "_INBOX.*.*"]) {
    eve.nc.subscribe(subject);
    assert.deepEqual(await refused(), [`subscribe ${subject}`]);
  }
});

test("an accomplice cannot steer an answer anywhere but to an inbox", async (t) => {
  const { nc } = await client(t, "worker");
  const admin = await nats.accounts.ORDERS.user({ pub: { allow: [">"] }, sub: { allow: [">"] } });
  const accomplice = await connectWith(t, nats.url, admin);
  const created = await accomplice.request(
    "$JS.API.STREAM.CREATE.KEPT",
    JSON.stringify({ name: "KEPT", subjects: ["kept"] }),
  );
  assert.ok(!("error" in created.json<object>()), created.string());

  const refused = violations(nc);
  let answered = 0;
  nc.subscribe("orders.new", {
    queue: "workers",
    callback: (_, message) => {
      message.respond("");
      answered++;
    },
  });
  await nc.flush();
  const targets = ["$JS.API.STREAM.DELETE.KEPT", "orders.done.reader.1", "bills.1"];
  for (const reply of targets) accomplice.publish("orders.new", "", { reply });
  await accomplice.flush();
  while (answered < targets.length) await nc.flush();
  assert.deepEqual(
    await refused(),
    targets.map((subject) => `publish ${subject}`),
  );
  const kept = await accomplice.request("$JS.API.STREAM.INFO.KEPT");
  assert.ok(!("error" in kept.json<object>()), "the stream must still be there");
});

test("the inbox is the same for the next token and the next key", async () => {
  const answers = await Promise.all(
    [1, 2].map(async () => service.ask(await provider.token({ client: "reader" }))),
  );
  const [first, second] = answers.map(({ json }) => json);
  assert.equal(first.inbox_prefix, second.inbox_prefix);
  assert.notEqual(first.user_public_key, second.user_public_key);
});

test("a role in one account gives nothing in another", async (t) => {
  const { nc, answer } = await client(t, "watcher");
  assert.equal(answer.json.account, "BILLING");
  const refused = violations(nc);
  nc.publish("bills.1");
  nc.publish("orders.ask");
  assert.deepEqual(await refused(), ["publish bills.1", "publish orders.ask"]);
});

test("the connection is dropped when the credential expires", async (t) => {
  const { nc, answer } = await client(t, "reader", { ttl_s: 8 }); // time to connect on a busy machine
  assert.equal(answer.json.expires_at - answer.json.issued_at, 8);
  const error = await nc.closed();
  assert.match(String(error), /Expired/i);
  const late_s = Date.now() / 1000 - answer.json.expires_at;
  assert.ok(late_s >= 0 && late_s < 10, `${late_s} s after its end`);
});

test("the creds file connects as it is, and says what a client has to know", async (t) => {
  for (const accept of ["text/plain", "application/vnd.nats.creds"]) {
    const answer = await service.ask(await provider.token({ client: "reader" }), undefined, {
      accept,
    });
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-type") ?? "", new RegExp(`^${accept}`));
    assert.equal(answer.headers.get("cache-control"), "no-store");
    const inboxPrefix = /^# inbox_prefix: (\S+)$/m.exec(answer.text)?.[1] ?? "";
    const nc = await connectWith(t, nats.url, answer.text, { inboxPrefix });
    await nc.flush();
  }
});
