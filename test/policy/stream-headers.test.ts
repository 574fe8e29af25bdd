import assert from "node:assert/strict";
import { after, test } from "node:test";
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { headers, type NatsConnection } from "@nats-io/transport-node";
import { startNats } from "../support/nats.ts";
import { connectWith } from "../support/nats-client.ts";
import { clientOf } from "./client.ts";
import { policyOf, who } from "./support.ts";

/** What docs/intents.md says of headers: which reach beyond subjects on streams that allow it. */
const scope = { after };
const nats = await startNats(scope, { jetstream: true });
const admin = await connectWith(scope, nats.url, await nats.accounts.ORDERS.user());
const manager = await jetstreamManager(admin);

const policy = policyOf(`version: 1
rules:
  - { name: open, issuer: corp, grant: { account: ORDERS, jetstream: [{ publish_to: { subjects: ["open.{@subject}.>", "safe.{@subject}.>"] } }] } }
  - { name: keys, issuer: corp, grant: { account: ORDERS, jetstream: [{ kv: { bucket: b, keys: "{@subject}.>", access: write, may_roll_up: true } }] } }
`);

/** Stores a message with headers; its answer, an error among it. */
async function put(nc: NatsConnection, subject: string, fields: Record<string, string>) {
  const with_ = headers();
  for (const [name, value] of Object.entries(fields)) with_.set(name, value);
  const answer = await nc.request(subject, "forged", { headers: with_, timeout: 5_000 });
  return answer.json<{ error?: { description: string }; duplicate?: boolean }>();
}

/** The first message on a subject of a stream, waiting for it. */
async function next(stream: string, filter_subject: string): Promise<string | undefined> {
  const name = filter_subject.replaceAll(".", "-");
  const settings = { durable_name: name, ack_policy: AckPolicy.None, filter_subject };
  await manager.consumers.add(stream, settings);
  const consumer = await jetstream(admin).consumers.get(stream, name);
  return (await consumer.next({ expires: 10_000 }))?.string();
}

const last = async (stream: string, subject: string) =>
  (await manager.streams.getMessage(stream, { last_by_subj: subject }))?.string();
const AT = { "Nats-Schedule": "@at 2020-01-01T00:00:00Z" };

test("on a stream with rollups and schedules, headers forge, copy and remove what is not one's own", async (t) => {
  const subjects = ["open.>"];
  const both = { allow_rollup_hdrs: true, allow_msg_schedules: true };
  await manager.streams.add({ name: "OPEN", subjects, ...both });
  const nc = await clientOf(t, nats, policy, who());
  await jetstream(admin).publish("open.bob.source", "secret");
  await put(nc, "open.alice.a", { ...AT, "Nats-Schedule-Target": "open.bob.forged" });
  assert.equal(await next("OPEN", "open.bob.forged"), "forged");

  // Schedules from a source came with 2.14.
  if (!/^2\.(12|13)\./.test(admin.info?.version ?? "")) {
    const target = { "Nats-Schedule-Target": "open.alice.copy" };
    const source = { "Nats-Schedule-Source": "open.bob.source" };
    await put(nc, "open.alice.b", { ...AT, ...target, ...source });
    assert.equal(await next("OPEN", "open.alice.copy"), "secret");
  }

  await put(nc, "open.alice.c", { "Nats-Rollup": "all" });
  const { state } = await manager.streams.info("OPEN", { subjects_filter: ">" });
  assert.deepEqual(state.subjects, { "open.alice.c": 1 });
  const safe = { allow_msg_schedules: false, allow_rollup_hdrs: false };
  await assert.rejects(manager.streams.update("OPEN", safe), /schedules can not be disabled/);
});

test("on a stream without them the server refuses the same, and nothing changes", async (t) => {
  await manager.streams.add({ name: "SAFE", subjects: ["safe.>"] });
  const nc = await clientOf(t, nats, policy, who());
  await jetstream(admin).publish("safe.bob.source", "secret");
  const target = { "Nats-Schedule-Target": "safe.bob.source" };
  const source = { "Nats-Schedule-Source": "safe.bob.source" };
  for (const [fields, said] of [
    [{ ...AT, ...target }, /schedules is disabled/],
    [{ ...AT, ...source, "Nats-Schedule-Target": "safe.alice.copy" }, /schedules is disabled/],
    [{ "Nats-Rollup": "all" }, /rollup not permitted/],
    [{ "Nats-Rollup": "sub" }, /rollup not permitted/],
  ] as const)
    assert.match((await put(nc, "safe.alice.a", fields)).error?.description ?? "", said);
  const { state } = await manager.streams.info("SAFE", { subjects_filter: ">" });
  assert.deepEqual(state.subjects, { "safe.bob.source": 1 });
  assert.equal(await last("SAFE", "safe.bob.source"), "secret");
});

test("rollups can be taken from a bucket of keys: it then deletes, but purges no more", async (t) => {
  const bucket = await new Kvm(admin).create("b");
  for (const key of ["alice.x", "bob.x"]) await bucket.put(key, key);
  await manager.streams.update("KV_b", { allow_rollup_hdrs: false });
  const nc = await clientOf(t, nats, policy, who());
  const { error } = await put(nc, "$KV.b.alice.x", { "Nats-Rollup": "all" });
  assert.match(error?.description ?? "", /rollup not permitted/);
  assert.equal((await bucket.get("bob.x"))?.string(), "bob.x");
  await bucket.delete("alice.x");
  await assert.rejects(bucket.purge("bob.x"), /rollup not permitted/);
});

test("a message is dropped where somebody else has used its id", async (t) => {
  const nc = await clientOf(t, nats, policy, who());
  assert.equal((await put(nc, "safe.alice.a", { "Nats-Msg-Id": "1" })).duplicate, undefined);
  assert.equal((await put(admin, "safe.bob.a", { "Nats-Msg-Id": "1" })).duplicate, true);
});
