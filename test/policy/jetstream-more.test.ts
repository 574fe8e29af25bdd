import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { headers } from "@nats-io/transport-node";
import { startNats } from "../support/nats.ts";
import { connectWith, violations } from "../support/nats-client.ts";
import { clientOf } from "./client.ts";
import { faultsOf, granted, identityOf, policyOf, who } from "./support.ts";

const scope = { after };
const dir = await mkdtemp(join(tmpdir(), "nats-sts-"));
after(() => rm(dir, { recursive: true, force: true }));
const nats = await startNats(scope, {
  jetstream: true,
  // The last one counts.
  config: `jetstream: { store_dir: ${JSON.stringify(dir)}, domain: hub }`,
});
const admin = await connectWith(scope, nats.url, await nats.accounts.ORDERS.user());
const manager = await jetstreamManager(admin);
await manager.streams.add({ name: "ORDERS", subjects: ["orders.>"] });

const policy = policyOf(`version: 1
roles:
  pushed: { account: ORDERS, jetstream: [{ consume: { stream: ORDERS, durable: pushed, deliver: "to.pushed workers" } }] }
  hub: { account: ORDERS, jetstream: [
    { consume: { stream: ORDERS, durable: pulled, domain: hub } },
    { kv: { bucket: far, access: readwrite, domain: hub } } ] }
  here: { account: ORDERS, jetstream: [
    { consume: { stream: ORDERS, durable: pulled } }, { kv: { bucket: far, access: readwrite } } ] }
rules:
  - { name: pushed, issuer: corp, scopes: [pushed], roles: [pushed] }
  - { name: hub, issuer: corp, scopes: [hub], roles: [hub] }
  - { name: here, issuer: corp, scopes: [here], roles: [here] }
`);

test("a consumer that pushes is heard on its own subject, in its own queue group", async (t) => {
  await manager.consumers.add("ORDERS", {
    ...{ durable_name: "pushed", ack_policy: AckPolicy.Explicit },
    ...{ deliver_subject: "to.pushed", deliver_group: "workers" },
  });
  const nc = await clientOf(t, nats, policy, who("pushed"));
  const seen = violations(nc);
  const consumer = await jetstream(nc).consumers.getPushConsumer("ORDERS", "pushed");
  const messages = await consumer.consume();
  await jetstream(admin).publish("orders.1", "one");
  for await (const message of messages) {
    assert.equal(message.subject, "orders.1");
    assert.ok(await message.ackAck());
    break;
  }
  assert.deepEqual(await seen(), []);
  nc.subscribe("to.pushed");
  nc.publish("$JS.API.CONSUMER.MSG.NEXT.ORDERS.pushed");
  assert.equal((await seen()).length, 2);
});

test("a domain is reached below its prefix; inside it, the server asks for the plain API", async (t) => {
  const kvm = new Kvm(admin);
  await (await kvm.create("far")).put("a", "1");
  await manager.consumers.add("ORDERS", {
    durable_name: "pulled",
    ack_policy: AckPolicy.Explicit,
  });
  const far = await clientOf(t, nats, policy, who("hub"));
  assert.deepEqual(
    granted(policy, who("hub")).publish.filter((one) => one.startsWith("$JS.API")),
    [],
  );
  const seen = violations(far);
  // nats-server maps the prefix of its own domain away before it looks at permissions.
  far.publish("$JS.hub.API.CONSUMER.INFO.ORDERS.pulled");
  assert.deepEqual(await seen(), ["publish $JS.API.CONSUMER.INFO.ORDERS.pulled"]);

  const nc = await clientOf(t, nats, policy, who("here"));
  const refused = violations(nc);
  const js = jetstream(nc, { domain: "hub" });
  const consumer = await js.consumers.get("ORDERS", "pulled");
  const message = await consumer.next({ expires: 2_000 });
  assert.ok(await message?.ackAck());
  const bucket = await new Kvm(js).open("far");
  assert.equal((await bucket.get("a"))?.string(), "1");
  await bucket.put("a", "2");
  // As the Go client writes.
  assert.match((await nc.request("$JS.hub.API.$KV.far.a", "3")).string(), /"seq":\s*3/);
  assert.deepEqual(await refused(), []);
  nc.publish("$JS.hub.API.CONSUMER.INFO.ORDERS.pushed");
  assert.equal((await refused()).length, 1);
});

const intent = (text: string, more = "") => `version: 1
roles:
  r: { account: ORDERS, ${more}jetstream: [${text}] }
rules: [{ name: n, issuer: corp, roles: [r] }]
`;

test("an intent that cannot be kept small is a fault that says what it takes", () => {
  const table: [string, string][] = [
    ["{ consume: { stream: S } }", "needs the name of a durable consumer"],
    ["{ consume: { stream: S, filter: a, may_create_consumers: true } }", "needs a durable"],
    ["{ consume: { stream: S, durable: d, filter: a } }", "for a consumer that the role creates"],
    ["{ consume: { stream: 'S.>', durable: d } }", "must be the name of one stream"],
    ["{ consume: { stream: S, durable: '*' } }", "must be the name of one consumer"],
    ["{ consume: { stream: S, durable: '{d}' } }", "must be the name of one consumer"],
    ["{ consume: { stream: S, durable: d, deliver: '>' } }", "can start with $ or _"],
    ["{ consume: { stream: S, durable: d, deliver: _INBOX.> } }", "can start with $ or _"],
    ["{ consume: { stream: S, durable: d, domain: a, api_prefix: b } }", "write one of them"],
    ["{ consume: { stream: S, durable: d, api_prefix: $SYS.REQ } }", "must be a prefix"],
    ["{ consume: { stream: S, durable: d, api_prefix: $KV.x } }", "must be a prefix"],
    ["{ consume: { stream: S, durable: d, api_prefix: _INBOX.x } }", "must be a prefix"],
    ["{ consume: { stream: S, durable: d, api_prefix: 'a.*' } }", "must be a prefix"],
    ["{ kv: { bucket: b, keys: 'a.>', access: write } }", "Nats-Rollup: all"],
    ["{ kv: { bucket: b, access: read, watch: true } }", "needs may_create_consumers"],
    ["{ kv: { bucket: b, access: write, watch: true } }", "is a way to read"],
    ["{ kv: { bucket: b, keys: 'a.*', access: read } }", "must not hold *"],
    ["{ kv: { bucket: b, keys: [a, '*.x'], access: read } }", "must not hold *"],
    [
      "{ consume: { stream: S, durable: d, filter: a.*, may_create_consumers: true } }",
      "must not hold *",
    ],
    ["{ kv: { bucket: b, keys: '>.a', access: read } }", "has > before its end"],
    ["{ kv: { bucket: b, keys: 'a b', access: read } }", "must not hold a space"],
    ["{ kv: { bucket: b, keys: [], access: read } }", "must be a key or a list of keys"],
    ["{ kv: { bucket: '*', access: read } }", "must be the name of one bucket"],
    ["{ object: { bucket: b, access: read } }", "needs may_create_consumers"],
    ["{ publish_to: { subjects: $JS.API.> } }", "can start with $ or _"],
    ["{ publish_to: { stream: S } }", 'unknown stream "S"'],
    ["{ publish_to: {} }", "needs either a stream or subjects"],
    ["{ publish_to: { stream: S, subjects: a } }", "needs either a stream or subjects"],
    [
      "{ consume: { stream: S, durable: d }, kv: { bucket: b, access: read } }",
      "must be one intent",
    ],
    ["{ produce: {} }", 'unknown key "produce"'],
    ["{}", "must be one intent"],
  ];
  for (const [text, said] of table) {
    const faults = faultsOf(intent(text));
    assert.ok(faults[0]?.startsWith("3:") && faults.join("|").includes(said), `${text}: ${faults}`);
  }
});

test("why a key must not hold a star: nats-server takes > for it, in reads and in rollups", async (t) => {
  const bucket = await new Kvm(admin).create("stars");
  for (const key of ["a.x", "a.x.secret"]) await bucket.put(key, key);
  const api = "$JS.API.DIRECT.GET.KV_stars";
  const stars = policyOf(`version: 1
rules:
  - { name: r, issuer: corp, grant: { account: ORDERS, allow_reserved: true,
      publish: ["${api}.$KV.stars.a.*", "$KV.stars.a.*"] } }
`);
  const nc = await clientOf(t, nats, stars, who());
  assert.equal((await nc.request(`${api}.$KV.stars.a.>`)).string(), "a.x.secret");
  const rollup = headers();
  rollup.set("Nats-Rollup", "sub");
  await nc.request("$KV.stars.a.>", "", { headers: rollup, timeout: 2_000 });
  assert.equal(await bucket.get("a.x.secret"), null);
});

test("a watcher of some keys is told the filter of a consumer whose name it knows", async (t) => {
  await new Kvm(admin).create("named");
  const filter_subject = "$KV.named.bob.secret";
  const named = { durable_name: "bobs", ack_policy: AckPolicy.None, filter_subject };
  await manager.consumers.add("KV_named", named);
  const watcher = policyOf(`version: 1
rules:
  - { name: r, issuer: corp, grant: { account: ORDERS,
      jetstream: [{ kv: { bucket: named, keys: "alice.>", access: read, watch: true, may_create_consumers: true } }] } }
`);
  const nc = await clientOf(t, nats, watcher, who());
  const info = await nc.request("$JS.API.CONSUMER.INFO.KV_named.bobs");
  assert.equal(info.json<{ config: typeof named }>().config.filter_subject, filter_subject);
});

test("why a watcher may remove consumers: it can end any whose name it knows by creating that one", async (t) => {
  await new Kvm(admin).create("shared");
  const [stream, name] = ["KV_shared", "by-bob"];
  const ack_policy = AckPolicy.Explicit;
  await manager.consumers.add(stream, { durable_name: name, ack_policy });
  const creates = policyOf(`version: 1
rules:
  - { name: r, issuer: corp, grant: { account: ORDERS, allow_reserved: true,
      publish: ["$JS.API.CONSUMER.CREATE.${stream}.*.$KV.shared.alice.>"] } }
`);
  const nc = await clientOf(t, nats, creates, who());
  const subject = "$KV.shared.alice.>";
  // Gone once nobody has used it for that long, in nanoseconds.
  const config = { durable_name: name, ack_policy, inactive_threshold: 1_000_000 };
  await nc.request(
    `$JS.API.CONSUMER.CREATE.${stream}.${name}.${subject}`,
    JSON.stringify({ stream_name: stream, config: { ...config, filter_subject: subject } }),
  );
  const gone = async () => {
    for await (const each of manager.consumers.list(stream)) if (each.name === name) return false;
    return true;
  };
  for (let turn = 0; turn < 500 && !(await gone()); turn++) await delay(20);
  assert.ok(await gone());
});

test("a claim in a key of a bucket stays one token of that key", () => {
  const policy = policyOf(intent(`{ kv: { bucket: b, keys: "{t}.>", access: read } }`));
  const key = (t: string) => granted(policy, identityOf({ claims: { t } })).publish;
  assert.deepEqual(key("v"), ["$JS.API.DIRECT.GET.KV_b.$KV.b.v.>"]);
  for (const t of [">", "*", "v.w", ""]) assert.throws(() => key(t), /no_rule_matched/);
});
