import assert from "node:assert/strict";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { runHere } from "../cli/support.ts";
import { startNats } from "../support/nats.ts";
import { connectWith } from "../support/nats-client.ts";
import { startProvider } from "../support/provider.ts";
import { type Service, startService } from "../support/service.ts";
import { hangUp, metric, replace } from "./reloading.ts";

/** What is waited for comes in a second or two, or never. */
const LIMIT = { timeout: 60_000 };
const scope = { after };
const [nats, provider] = await Promise.all([
  startNats(scope),
  startProvider(scope, {
    alg: "ES256",
    clients: [{ id: "reader" }],
  }),
]);

const policy = (...rules: readonly string[]) => `
version: 1
rules:
${rules.map((rule) => `  - { ${rule} }`).join("\n")}
`;
const WORKERS =
  "name: workers, issuer: corp, client: worker, grant: { account: ORDERS, publish: [orders.new, orders.done] }";
const READERS =
  "name: readers, issuer: corp, client: reader, grant: { account: ORDERS, subscribe: [orders.>] }";
const NARROWER = WORKERS.replace(", orders.done", "");

async function start(t: TestContext, on_narrow: "keep" | "revoke") {
  const service = await startService(t, {
    provider,
    policy: policy(WORKERS, READERS),
    accounts: [nats.accounts.ORDERS],
    config: { on_narrow, reload_every: "1h" },
  });
  const credential = async (client: string, wishes?: object) => {
    const { status, json } = await service.ask(await provider.token({ client }), wishes);
    assert.equal(status, 200, json.code);
    return json;
  };
  return { service, credential };
}

/** Puts another policy in force and resolves with what the journal says of it, once all is compared. */
async function reload(service: Service, text: string) {
  await replace(service.policy_file, text);
  const compared = new Promise<void>((resolve) => {
    service.child.stderr?.on("data", (data) => {
      if (String(data).includes("live credentials compared")) resolve();
    });
  });
  assert.equal((await hangUp(service)).msg, "reloaded");
  await compared;
  const events = await service.journal();
  const summary = events.findLast(({ type }) => type === "policy.narrowed");
  assert.ok(summary?.type === "policy.narrowed");
  const named = events.flatMap((event) =>
    event.type === "credential.narrowed" || event.type === "credential.revoked" ? event : [],
  );
  return { summary, named };
}

test(
  "live credentials that a new policy would not give are counted and named, and stay",
  LIMIT,
  async (t) => {
    const { service, credential } = await start(t, "keep");
    const both = await credential("worker");
    const one = await credential("worker", { publish: ["orders.new"] });
    await credential("reader");
    const { summary, named } = await reload(service, policy(NARROWER, READERS));
    assert.deepEqual([summary.live, summary.surely, summary.possibly], [3, 1, 0]);
    assert.deepEqual(
      named.map(({ type, id, sure }) => [type, id, sure]),
      [["credential.narrowed", both.id, true]],
    );
    assert.equal(await metric(service, /narrowed_total\{sure="yes"\} (\d+)/), "1");

    const gone = await reload(service, policy(READERS));
    assert.deepEqual(
      [gone.summary.live, gone.summary.surely],
      [3, 2],
      "also by what was before that",
    );
    assert.deepEqual(new Set(gone.named.slice(1).map(({ id }) => id)), new Set([both.id, one.id]));
    const journal = join(service.dir, "journal");
    const { code, out } = await runHere(["revoked", "--journal", journal, "--narrowed"]);
    assert.equal(code, 0);
    assert.equal(out.split("\n").length, 2);
    assert.match(out, new RegExp(`^\\S+  ORDERS  ${both.user_public_key}  expires \\S+$`, "m"));
  },
);

test("a policy that takes nothing away names nobody", LIMIT, async (t) => {
  const { service, credential } = await start(t, "revoke");
  await credential("worker");
  const wider = WORKERS.replace("orders.done", "orders.>");
  const { summary, named } = await reload(service, policy(wider, READERS));
  assert.deepEqual([summary.live, summary.surely, summary.possibly], [1, 0, 0]);
  assert.deepEqual(named, []);
});

test("what depends on claims that nobody kept is possibly taken away", LIMIT, async (t) => {
  const { service, credential } = await start(t, "keep");
  const { id } = await credential("worker");
  const asking = WORKERS.replace("client: worker", "client: worker, scopes: [orders.write]");
  const { summary, named } = await reload(service, policy(asking, READERS));
  assert.deepEqual([summary.surely, summary.possibly], [0, 1]);
  assert.deepEqual(
    named.map((event) => [event.id, event.sure]),
    [[id, false]],
  );
});

test(
  "with on_narrow: revoke the list is what a server needs to end their connections",
  LIMIT,
  async (t) => {
    const { service, credential } = await start(t, "revoke");
    const [worker, reader] = [await credential("worker"), await credential("reader")];
    const [narrowed, untouched] = await Promise.all([
      connectWith(t, nats.url, worker),
      connectWith(t, nats.url, reader),
    ]);
    const { named } = await reload(service, policy(NARROWER, READERS));
    assert.deepEqual(
      named.map(({ type, user_public_key }) => [type, user_public_key]),
      [["credential.revoked", worker.user_public_key]],
    );
    const { out } = await runHere(["revoked", "--config", service.config_file, "--nsc"]);
    const [, account, key = "", at] =
      /^nsc revocations add-user --account '(\w+)' --user-public-key '(U\w+)' --at (\d+)$/.exec(
        out,
      ) ?? [];
    assert.deepEqual([account, key], ["ORDERS", worker.user_public_key]);
    await nats.pushAccount("ORDERS", { revocations: { [key]: Number(at) } });
    assert.match(String(await narrowed.closed()), /Revoked/i);
    await untouched.flush();
    const { publish } = await credential("worker");
    assert.deepEqual(publish, ["orders.new"], "what is left is given at once");
  },
);
