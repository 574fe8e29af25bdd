import assert from "node:assert/strict";
import { after, test } from "node:test";
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { Objm } from "@nats-io/obj";
import { headers, type NatsConnection } from "@nats-io/transport-node";
import { startNats } from "../support/nats.ts";
import { connectWith, violations } from "../support/nats-client.ts";
import type { Scope } from "../support/project.ts";
import { clientOf } from "./client.ts";
import { policyOf, who } from "./support.ts";

const scope = { after };
const nats = await startNats(scope, { jetstream: true });
const admin = await connectWith(scope, nats.url, await nats.accounts.ORDERS.user());
const manager = await jetstreamManager(admin);
const kvm = new Kvm(admin);

for (const [name, subjects] of [
  ["ORDERS", ["orders.>"]],
  ["BILLS", ["bills.>"]],
] as const) {
  await manager.streams.add({ name, subjects: [...subjects] });
  for (const durable_name of ["worker", "other"])
    await manager.consumers.add(name, { durable_name, ack_policy: AckPolicy.Explicit });
}
const [settings, secrets] = await Promise.all([kvm.create("settings"), kvm.create("secrets")]);
for (const bucket of [settings, secrets]) {
  for (const key of ["alice.color", "bob.color"]) await bucket.put(key, key);
}

const policy = policyOf(`version: 1
streams: { ORDERS: ["orders.>"] }
roles:
${Object.entries({
  worker: "jetstream: [{ consume: { stream: ORDERS, durable: worker } }]",
  pusher: "jetstream: [{ publish_to: { stream: ORDERS } }]",
  ordered: "jetstream: [{ consume: { stream: ORDERS, may_create_consumers: true } }]",
  made: "jetstream: [{ consume: { stream: ORDERS, durable: made, filter: orders.eu, may_create_consumers: true } }]",
  reader: `jetstream: [{ kv: { bucket: settings, keys: "{@subject}.>", access: read } }]`,
  whole: "jetstream: [{ kv: { bucket: settings, access: read } }]",
  watcher: `jetstream: [{ kv: { bucket: settings, keys: "{@subject}.>", access: read, watch: true, may_create_consumers: true } }]`,
  all: "jetstream: [{ kv: { bucket: many, access: readwrite, watch: true, may_create_consumers: true } }]",
  writer: `jetstream: [{ kv: { bucket: settings, keys: "{@subject}.>", access: write, may_roll_up: true } }]`,
  objects:
    "jetstream: [{ object: { bucket: files, access: readwrite, may_create_consumers: true } }]",
  service: "service: { name: orders, subjects: [svc.orders.>] }",
})
  .map(([name, intent]) => `  ${name}: { account: ORDERS, ${intent} }`)
  .join("\n")}
rules:
${"worker pusher ordered made reader whole watcher all writer objects service"
  .split(" ")
  .map((name) => `  - { name: by ${name}, issuer: corp, scopes: [${name}], roles: [${name}] }`)
  .join("\n")}
`);

const client = (t: Scope, role: string) => clientOf(t, nats, policy, who(role));

/** What the server refuses of these publishes. */
async function refused(nc: NatsConnection, subjects: readonly string[]): Promise<void> {
  const seen = violations(nc);
  for (const subject of subjects) {
    nc.publish(subject, "{}");
    assert.deepEqual(await seen(), [`publish ${subject}`]);
  }
}

test("a worker takes from its consumer and no other", async (t) => {
  await jetstream(admin).publish("orders.1", "one");
  const nc = await client(t, "worker");
  const consumer = await jetstream(nc).consumers.get("ORDERS", "worker");
  const message = await consumer.next({ expires: 2_000 });
  assert.equal(message?.subject, "orders.1");
  assert.ok(await message?.ackAck());
  await refused(nc, [
    "$JS.API.CONSUMER.MSG.NEXT.ORDERS.other",
    "$JS.API.CONSUMER.MSG.NEXT.BILLS.worker",
    "$JS.API.CONSUMER.INFO.ORDERS.other",
    "$JS.API.CONSUMER.CREATE.ORDERS.worker",
    "$JS.API.CONSUMER.DELETE.ORDERS.worker",
    "$JS.API.STREAM.INFO.ORDERS",
    "$JS.API.STREAM.NAMES",
    "$JS.API.INFO",
    "$JS.API.STREAM.MSG.GET.ORDERS",
    "$JS.API.DIRECT.GET.ORDERS",
    "$JS.ACK.ORDERS.other.1.1.1.1.0",
    "orders.1",
  ]);
});

test("a publisher stores on the subjects of its stream and hears that it did", async (t) => {
  const nc = await client(t, "pusher");
  const ack = await jetstream(nc).publish("orders.eu", "stored");
  assert.equal(ack.stream, "ORDERS");
  await refused(nc, ["bills.1", "$JS.API.STREAM.PURGE.ORDERS", "$KV.settings.alice.color"]);
});

test("an ordered consumer reads the whole of its stream, and no other", async (t) => {
  const nc = await client(t, "ordered");
  const consumer = await jetstream(nc).consumers.get("ORDERS");
  const seen = violations(nc);
  assert.equal((await consumer.next({ expires: 2_000 }))?.subject, "orders.1");
  assert.deepEqual(await seen(), []);
  await refused(nc, ["$JS.API.CONSUMER.CREATE.BILLS.x", "$JS.API.STREAM.INFO.BILLS"]);
});

test("a consumer of one's own making has the name and the filter that the policy says", async (t) => {
  const nc = await client(t, "made");
  const own = await jetstreamManager(nc, { checkAPI: false });
  await own.consumers.add("ORDERS", {
    durable_name: "made",
    filter_subject: "orders.eu",
    ack_policy: AckPolicy.Explicit,
  });
  const consumer = await jetstream(nc).consumers.get("ORDERS", "made");
  assert.equal((await consumer.next({ expires: 2_000 }))?.subject, "orders.eu");
  const answer = await nc.request(
    "$JS.API.CONSUMER.CREATE.ORDERS.made.orders.eu",
    JSON.stringify({
      stream_name: "ORDERS",
      config: { durable_name: "made", filter_subject: "orders.>", ack_policy: "explicit" },
    }),
  );
  assert.match(answer.string(), /"error"/);
  await refused(nc, [
    "$JS.API.CONSUMER.CREATE.ORDERS.made",
    "$JS.API.CONSUMER.CREATE.ORDERS.made.orders.us",
    "$JS.API.CONSUMER.DURABLE.CREATE.ORDERS.made",
    "$JS.API.CONSUMER.CREATE.ORDERS.other.orders.eu",
  ]);
});

test("a reader of some keys gets those, and no other key, listing or bucket", async (t) => {
  const nc = await client(t, "reader");
  const bucket = await new Kvm(nc).open("settings", { bindOnly: true, allow_direct: true });
  assert.equal((await bucket.get("alice.color"))?.string(), "alice.color");
  // What stands in the message cannot widen what stands in the subject.
  for (const body of [
    { last_by_subj: "$KV.settings.bob.color" },
    { multi_last: ["$KV.settings.>"] },
    { seq: 2 },
    { seq: 1, batch: 10 },
  ]) {
    const subject = "$JS.API.DIRECT.GET.KV_settings.$KV.settings.alice.color";
    const answer = await nc.request(subject, JSON.stringify(body), { timeout: 2_000 });
    assert.notEqual(answer.headers?.get("Nats-Subject"), "$KV.settings.bob.color");
    assert.doesNotMatch(answer.string(), /bob/);
  }
  await refused(nc, [
    "$JS.API.DIRECT.GET.KV_settings.$KV.settings.bob.color",
    "$JS.API.DIRECT.GET.KV_settings",
    "$JS.API.STREAM.MSG.GET.KV_settings",
    "$JS.API.STREAM.INFO.KV_settings",
    "$JS.API.CONSUMER.CREATE.KV_settings.x.$KV.settings.alice.>",
    "$JS.API.DIRECT.GET.KV_secrets.$KV.secrets.alice.color",
    "$KV.settings.alice.color",
  ]);
});

test("a reader of a whole bucket opens it as clients do", async (t) => {
  const nc = await client(t, "whole");
  const bucket = await new Kvm(nc).open("settings");
  assert.equal((await bucket.get("bob.color"))?.string(), "bob.color");
  assert.equal((await bucket.get("bob.color", { revision: 2 }))?.string(), "bob.color");
  assert.equal((await bucket.status()).values, 2);
  await refused(nc, [
    "$KV.settings.bob.color",
    "$JS.API.CONSUMER.CREATE.KV_settings",
    "$JS.API.STREAM.INFO.KV_secrets",
  ]);
});

test("a watcher of some keys hears of those alone", async (t) => {
  const nc = await client(t, "watcher");
  const seen = violations(nc);
  const bucket = await new Kvm(nc).open("settings", { bindOnly: true, allow_direct: true });
  const keys: string[] = [];
  for await (const entry of await bucket.watch({ key: "alice.>" })) {
    keys.push(entry.key);
    if (entry.delta === 0) break;
  }
  assert.deepEqual(keys, ["alice.color"]);
  assert.deepEqual(await seen(), []);
  for (const [stream_name, filter] of [
    ["KV_settings", { filter_subject: "$KV.settings.>" }],
    ["KV_settings", { filter_subjects: ["$KV.settings.alice.>", "$KV.settings.bob.>"] }],
    ["KV_settings", { filter_subjects: ["$KV.settings.>"] }],
    ["KV_settings", {}],
    ["KV_secrets", { filter_subject: "$KV.settings.alice.>" }],
  ] as const) {
    const answer = await nc.request(
      "$JS.API.CONSUMER.CREATE.KV_settings.x.$KV.settings.alice.>",
      JSON.stringify({ stream_name, config: { name: "x", ...filter } }),
    );
    assert.match(answer.string(), /"error"/, JSON.stringify([stream_name, filter]));
  }
  await refused(nc, [
    "$JS.API.CONSUMER.CREATE.KV_settings",
    "$JS.API.CONSUMER.CREATE.KV_settings.x",
    "$JS.API.CONSUMER.CREATE.KV_settings.x.$KV.settings.>",
    "$JS.API.CONSUMER.CREATE.KV_settings.x.$KV.settings.bob.>",
    "$JS.API.CONSUMER.DELETE.KV_secrets.x",
  ]);
});

test("a watch of 3,000 values brings all of them", async (t) => {
  const many = await kvm.create("many");
  const nc = await client(t, "all");
  const bucket = await new Kvm(nc).open("many");
  const value = "v".repeat(1_000);
  for (let i = 0; i < 3_000; i += 500) {
    await Promise.all(Array.from({ length: 500 }, (_, k) => many.put(`k.${i + k}`, value)));
  }
  let count = 0;
  const seen = violations(nc);
  for await (const entry of await bucket.watch()) {
    count++;
    if (entry.delta === 0) break;
  }
  assert.equal(count, 3_000);
  await bucket.put("k.new", "1");
  await bucket.delete("k.new");
  let keys = 0;
  for await (const _ of await bucket.keys()) keys++;
  assert.equal(keys, 3_000);
  assert.deepEqual(await seen(), []);
});

test("a writer of some keys writes those; rollups are why it takes an opt-in", async (t) => {
  const nc = await client(t, "writer");
  const bucket = await new Kvm(nc).open("settings", { bindOnly: true, allow_direct: true });
  await bucket.put("alice.size", "9");
  await bucket.purge("alice.size");
  assert.equal((await settings.get("alice.size"))?.operation, "PURGE");
  await refused(nc, [
    "$KV.settings.bob.color",
    "$KV.secrets.alice.color",
    "$JS.API.DIRECT.GET.KV_settings.$KV.settings.alice.color",
    "$JS.API.STREAM.PURGE.KV_settings",
  ]);
  const all = headers();
  all.set("Nats-Rollup", "all");
  await nc.request("$KV.settings.alice.size", "gone", { headers: all, timeout: 2_000 });
  assert.equal(await settings.get("bob.color"), null);
});

test("objects are put, read, listed and removed in their bucket alone", async (t) => {
  const objm = new Objm(admin);
  await objm.create("files");
  await objm.create("private");
  const nc = await client(t, "objects");
  const seen = violations(nc);
  const store = await new Objm(jetstream(nc, { checkAPI: false })).open("files");
  const bytes = new Uint8Array(300_000).fill(7);
  await store.putBlob({ name: "big" }, bytes);
  await store.putBlob({ name: "big" }, bytes);
  assert.deepEqual(await store.getBlob("big"), bytes);
  assert.equal((await store.list()).length, 1);
  await store.delete("big");
  assert.deepEqual(await seen(), []);
  await refused(nc, [
    "$O.private.M.x",
    "$JS.API.STREAM.INFO.OBJ_private",
    "$JS.API.STREAM.DELETE.OBJ_files",
    "$JS.API.STREAM.PURGE.OBJ_private",
  ]);
});

test("a service answers in its queue group and is seen by discovery", async (t) => {
  const nc = await client(t, "service");
  const seen = violations(nc);
  nc.subscribe("svc.orders.get", { queue: "q", callback: (_, m) => void m.respond("an order") });
  for (const subject of ["$SRV.PING", "$SRV.PING.orders", "$SRV.PING.orders.id1"])
    nc.subscribe(subject, { callback: (_, m) => void m.respond("pong") });
  assert.deepEqual(await seen(), []);
  assert.equal((await admin.request("svc.orders.get")).string(), "an order");
  for (const subject of ["$SRV.PING", "$SRV.PING.orders", "$SRV.PING.orders.id1"])
    assert.equal((await admin.request(subject)).string(), "pong");
  for (const [subject, queue] of [
    ["svc.orders.get", undefined],
    ["svc.bills.get", "q"],
    ["$SRV.PING.bills", undefined],
    ["$SRV.>", undefined],
  ] as const) {
    nc.subscribe(subject, queue === undefined ? {} : { queue });
    assert.deepEqual(await seen(), [`subscribe ${subject}${queue ? ` ${queue}` : ""}`]);
  }
});
