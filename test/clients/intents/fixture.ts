import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AckPolicy, jetstreamManager, StorageType } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { Objm } from "@nats-io/obj";
import type { NatsConnection } from "@nats-io/transport-node";
import { type Nats, runNatsServer, startNats } from "../../support/nats.ts";
import { connectWith } from "../../support/nats-client.ts";
import type { Scope } from "../../support/project.ts";
import { LIBRARIES, type Library } from "./case.ts";

/** More than a consumer that is not answered on its flow control would bring. */
export const VALUES = 3_000;
export const OBJECT_BYTES = 300_000;
export const DOMAIN = "hub";

const storage = StorageType.Memory;
const ack_policy = AckPolicy.Explicit;

/** A server with JetStream, a leaf node of it without, and an account for each library. */
export interface Servers {
  readonly nats: Nats<Library>;
  readonly leaf_url: string;
  /** A user of the account with every right. */
  admin(library: Library): NatsConnection;
}

export async function startServers(scope: Scope): Promise<Servers> {
  const store_dir = await mkdtemp(join(tmpdir(), "nats-sts-"));
  scope.after(() => rm(store_dir, { recursive: true, force: true }));
  const nats = await startNats(scope, {
    accounts: LIBRARIES,
    jetstream: true,
    // The last one counts.
    config: `jetstream: { store_dir: ${JSON.stringify(store_dir)}, domain: ${DOMAIN} }
leafnodes: { listen: "127.0.0.1:-1" }`,
  });
  const admins = new Map<Library, NatsConnection>();
  await Promise.all(
    LIBRARIES.map(async (library) => {
      const admin = await connectWith(scope, nats.url, await nats.accounts[library].user());
      await fill(admin);
      admins.set(library, admin);
    }),
  );
  const leaf_url = await startLeaf(scope, nats);
  return {
    nats,
    leaf_url,
    admin(library) {
      const admin = admins.get(library);
      if (!admin) throw new Error(`no account ${library}`);
      return admin;
    },
  };
}

/** The same operator and accounts, but no JetStream: that is reached through the leaf connections. */
async function startLeaf(scope: Scope, nats: Nats<Library>): Promise<string> {
  const remotes = await Promise.all(
    LIBRARIES.map(async (library) => {
      const credentials = join(nats.dir, `leaf-${library}.creds`);
      const { creds } = await nats.accounts[library].user();
      await writeFile(credentials, creds, { mode: 0o600 });
      const url = `nats://127.0.0.1:${portOf(nats)}`;
      return { url, credentials, account: nats.accounts[library].public_key };
    }),
  );
  const hub = await readFile(join(nats.dir, "nats-server.conf"), "utf8");
  const kept = hub.split("\n").filter((line) => !/^(server_name|jetstream|leafnodes):/.test(line));
  const file = join(nats.dir, "leaf.conf");
  const text = [...kept, `leafnodes: { remotes: ${JSON.stringify(remotes)} }`].join("\n");
  await writeFile(file, text, { mode: 0o600 });
  const url = await runNatsServer(scope, file);
  for (const library of LIBRARIES) await joined(scope, url, nats, library);
  return url;
}

function portOf(nats: Nats<Library>): string {
  const line = nats.logs().find((each) => each.includes("leafnode connections"));
  const port = /127\.0\.0\.1:(\d+)/.exec(line ?? "")?.[1];
  if (port === undefined) throw new Error("the server takes no leaf nodes");
  return port;
}

/** Waits until JetStream answers below the leaf node: it connects when it has the time. */
async function joined(scope: Scope, url: string, nats: Nats<Library>, library: Library) {
  const nc = await connectWith(scope, url, await nats.accounts[library].user());
  const deadline_ms = performance.now() + 20_000;
  for (;;) {
    const answer = await nc.request(`$JS.${DOMAIN}.API.INFO`).catch(() => undefined);
    if (answer) return;
    if (performance.now() > deadline_ms) throw new Error("the leaf node did not connect");
    await delay(20);
  }
}

/** Streams and buckets as the cases name them, with the neighbours that nobody may touch. */
async function fill(admin: NatsConnection): Promise<void> {
  await Promise.all([streams(admin), keyValues(admin), objects(admin)]);
  const value = "v".repeat(1_000);
  for (let i = 0; i < VALUES; i++) {
    admin.publish(i % 2 ? "orders.us" : "orders.eu", value);
    for (const bucket of ["many", "far"]) admin.publish(`$KV.${bucket}.k.${i}`, value);
  }
  await admin.flush();
}

async function streams(admin: NatsConnection): Promise<void> {
  const { streams, consumers } = await jetstreamManager(admin);
  for (const name of ["ORDERS", "BILLS"]) {
    await streams.add({ name, subjects: [`${name.toLowerCase()}.>`], storage });
    for (const durable_name of ["worker", "other", "far"])
      await consumers.add(name, { durable_name, ack_policy });
  }
  await consumers.add("ORDERS", {
    ...{ durable_name: "pushed", deliver_subject: "to.pushed", ack_policy },
    ...{ flow_control: true, idle_heartbeat: 5_000_000_000, max_ack_pending: 2 * VALUES },
  });
  await consumers.add("ORDERS", {
    ...{ durable_name: "shared", deliver_subject: "to.shared", deliver_group: "workers" },
    ack_policy,
  });
}

async function keyValues(admin: NatsConnection): Promise<void> {
  const kvm = new Kvm(admin);
  for (const name of ["many", "far"]) await kvm.create(name, { storage, history: 2 });
  for (const name of ["settings", "secrets", "notes"]) {
    const bucket = await kvm.create(name, { storage, history: 5 });
    for (const value of ["green", "red"]) await bucket.put("alice.color", value);
    for (const key of ["alice.size", "bob.color"]) await bucket.put(key, "9");
  }
}

async function objects(admin: NatsConnection): Promise<void> {
  const objm = new Objm(admin);
  for (const name of ["files", "private", "drop", "far"]) {
    const store = await objm.create(name, { storage });
    if (name !== "far") await store.putBlob({ name: "here" }, new Uint8Array(OBJECT_BYTES));
  }
}
