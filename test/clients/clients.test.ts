import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { AckPolicy, jetstreamManager } from "@nats-io/jetstream";
import { RequestError } from "@nats-io/transport-node";
import { startNats } from "../support/nats.ts";
import { connectWith } from "../support/nats-client.ts";
import { startProvider } from "../support/provider.ts";
import { makeDir, startService } from "../support/service.ts";
import { CLIENTS } from "./adapters.ts";

const POLICY = `
version: 1
roles:
  worker:
    account: ORDERS
    publish: [orders.new, orders.ask]
    subscribe: [orders.news]
    respond: true
    jetstream: [{ consume: { stream: JOBS, durable: worker } }]
rules:
  - { name: workers, issuer: corp, client: worker, roles: [worker] }
`;

const PATIENCE_MS = 8_000;
const IMPATIENT_MS = 700;

const scope = { after };
const [nats, provider, dir] = await Promise.all([
  startNats(scope, { jetstream: true }),
  startProvider(scope, { clients: [{ id: "worker" }] }),
  makeDir(scope),
]);
const service = await startService(scope, {
  provider,
  policy: POLICY,
  accounts: [nats.accounts.ORDERS],
  config: { servers: [nats.url] },
});

/** The other side of every client: another user of the account, with every right. */
const admin = await connectWith(scope, nats.url, await nats.accounts.ORDERS.user());
const manager = await jetstreamManager(admin);
await manager.streams.add({ name: "JOBS", subjects: ["jobs.>"] });
const ack = { durable_name: "worker", ack_policy: AckPolicy.Explicit };
await manager.consumers.add("JOBS", ack);

const published: string[] = [];
for (const subject of ["orders.new", "orders.secret"]) {
  const callback = (_: unknown, message: { string(): string }) =>
    void published.push(`${subject}: ${message.string()}`);
  admin.subscribe(subject, { callback });
}
const answers: Promise<string>[] = [];
admin.subscribe("orders.ask", {
  callback: (_, message) => {
    const name = message.string();
    if (name !== "nobody") answers.push(tell(name));
    message.respond(`${name}: done`);
  },
});
await admin.flush();

/** Asks a client on its subscription as soon as it listens. */
async function tell(name: string): Promise<string> {
  const deadline_ms = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return (await admin.request("orders.news", `news for ${name}`, { timeout: 2_000 })).string();
    } catch (error) {
      const nobody_yet = error instanceof RequestError && error.isNoResponders();
      if (!nobody_yet || performance.now() > deadline_ms) return String(error);
      await delay(20);
    }
  }
}

/** The creds file, as the service gave it. */
async function credsFile(name: string): Promise<string> {
  const token = await provider.token({ client: "worker" });
  const answer = await service.ask(token, undefined, { accept: "text/plain" });
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.text, /^# inbox_prefix: _INBOX_?[^ ]+\n# expires_at: /);
  const file = join(dir, `${name}.creds`);
  await writeFile(file, answer.text, { mode: 0o600 });
  return file;
}

for (const { name, find, refused } of CLIENTS) {
  test(`${name} does with a creds file what the policy grants, and nothing else`, async (t) => {
    const creds_file = await credsFile(name);
    const use = await find();
    if (typeof use === "string") {
      // Skipped, not passed: of this client nothing is known here.
      t.diagnostic(`${name} was not tried: it needs ${use}`);
      return t.skip(`it needs ${use}`);
    }
    published.length = 0;
    answers.length = 0;
    await admin.request("jobs.new", `job for ${name}`);
    const result = await use({
      url: nats.url,
      creds_file,
      name,
      patience_ms: PATIENCE_MS,
      impatient_ms: IMPATIENT_MS,
    });
    t.diagnostic(result.client);
    await admin.flush();
    assert.equal(result.reply, `${name}: done`);
    assert.equal(result.news, `news for ${name}`);
    assert.deepEqual(await Promise.all(answers), [`seen by ${name}`]);
    assert.deepEqual(published, [`orders.new: from ${name}`]);
    assert.equal(result.refused.length, 2);
    for (const [i, words] of refused.entries()) assert.match(result.refused[i] ?? "", words);
    assert.equal(result.default_inbox, "no answer");

    assert.equal(result.job, `job for ${name}`);
    const { num_pending, num_ack_pending } = await manager.consumers.info("JOBS", "worker");
    assert.deepEqual({ num_pending, num_ack_pending }, { num_pending: 0, num_ack_pending: 0 });
  });
}
