import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { metricsPage } from "../../src/metrics/index.ts";
import { METRICS, PREFIX } from "../../src/metrics/table.ts";
import { PROJECT } from "../support/project.ts";
import { startProvider } from "../support/provider.ts";
import { makeAccount, makeDir, startService } from "../support/service.ts";

const POLICY = `
version: 1
rules:
  - { name: everyone, issuer: corp, client: worker, grant: { account: ORDERS, subscribe: [orders.>] } }
`;

const scope = { after };
const provider = await startProvider(scope, { alg: "ES256", clients: [{ id: "stranger" }] });
const service = await startService(scope, {
  provider,
  policy: POLICY,
  accounts: [await makeAccount(await makeDir(scope))],
  config: { limits: { rate_per_identity: "3/m" } },
  env: { NATS_STS_POLICY_REVISION: "v7" },
});
const read = async () => (await fetch(`${service.metrics_url}/metrics`)).text();
/** The value of one series; undefined where it is not there. */
const valueIn = (text: string, series: string) =>
  text
    .split("\n")
    .find((line) => line.startsWith(`${series} `))
    ?.split(" ")[1];

test("docs/metrics.md is what the table says", () => {
  assert.equal(readFileSync(join(PROJECT, "docs/metrics.md"), "utf8"), metricsPage());
});

test("every metric of the table is read, and in the form that Prometheus takes", async () => {
  const response = await fetch(`${service.metrics_url}/metrics`);
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  for (const [name, { type }] of Object.entries(METRICS)) {
    assert.ok(text.includes(`# TYPE ${PREFIX}${name} ${type}\n`), name);
  }
  assert.match(text, /^process_cpu_seconds_total /m);
});

test("decisions are counted by outcome, and by what the configuration calls issuer and account", async () => {
  const token = await provider.token();
  for (let i = 0; i < 4; i++) await service.ask(token);
  await service.ask(await provider.token({ client: "stranger" }));
  await service.ask("a.b.c");
  const text = await read();
  const total = (labels: string) =>
    valueIn(text, `nats_sts_exchanges_total{${labels},door="http"}`);
  assert.equal(total('code="issued",issuer="corp",account="ORDERS"'), "3");
  assert.equal(total('code="rate_limited",issuer="corp",account="none"'), "1");
  assert.equal(total('code="no_rule_matched",issuer="corp",account="none"'), "1");
  assert.equal(total('code="token_malformed",issuer="none",account="none"'), "1");
  assert.equal(valueIn(text, 'nats_sts_rate_limited_total{by="identity"}'), "1");
  assert.equal(valueIn(text, "nats_sts_mint_duration_seconds_count"), "3");
  assert.equal(valueIn(text, "nats_sts_exchange_duration_seconds_count"), "6");
  assert.equal(valueIn(text, "nats_sts_in_flight"), "0");
});

test("keys, policy and journal show how they are", async () => {
  // What is recorded is on disk when it is answered, and with it everything that was noted before.
  await service.ask(await provider.token({ client: "stranger" }));
  const text = await read();
  assert.equal(valueIn(text, 'nats_sts_jwks_refresh_total{issuer="corp",result="ok"}'), "1");
  assert.ok(Number(valueIn(text, 'nats_sts_jwks_age_seconds{issuer="corp"}')) < 60);
  assert.equal(valueIn(text, 'nats_sts_signing_keys{account="ORDERS",state="active"}'), "1");
  const events = await service.journal();
  assert.equal(valueIn(text, "nats_sts_journal_last_seq"), String(events.at(-1)?.seq));
  const loaded = events.find((event) => event.type === "policy.loaded");
  assert.ok(loaded?.type === "policy.loaded");
  assert.equal(loaded.revision, "v7");
  assert.equal(
    valueIn(text, `nats_sts_policy_info{digest="${loaded.policy}",revision="v7",mode="enforce"}`),
    "1",
  );
});

test("heads that cannot be sent are counted, and nothing else of the journal is", {
  timeout: 20_000,
}, async (t) => {
  const dir = await makeDir(t);
  const failing = await startService(t, {
    ...{ dir, provider, policy: POLICY, accounts: [await makeAccount(dir)] },
    config: { journal: { dir: "journal", heads: { every: "1s", url: "http://127.0.0.1:9/" } } },
  });
  const series = 'nats_sts_journal_errors_total{kind="head_failed"}';
  let text = "";
  while (!(Number(valueIn(text, series)) > 0)) {
    assert.ok(!t.signal.aborted);
    text = await (await fetch(`${failing.metrics_url}/metrics`)).text();
  }
  assert.equal(valueIn(text, series.replace("head_failed", "write_failed")), "0");
});

test("no token, whatever stands in it, makes a series", async () => {
  const series = (text: string) =>
    text.split("\n").filter((line) => line.startsWith(PREFIX)).length;
  await service.ask(await provider.forge({ payload: { iss: "https://made-up.test" } }));
  const before = series(await read());
  for (let i = 0; i < 20; i++) {
    const payload = { iss: `https://${i}.test`, sub: `s${i}`, client_id: `c${i}`, scope: `x${i}` };
    await service.ask(await provider.forge({ payload }));
  }
  assert.equal(series(await read()), before);
});

test("the metrics are on their own listener, and nothing else is but health", async () => {
  assert.equal((await service.request("/metrics")).status, 404);
  assert.equal((await fetch(`${service.metrics_url}/healthz`)).status, 200);
  const ready = await fetch(`${service.metrics_url}/readyz`);
  assert.deepEqual(await ready.json(), (await service.request("/readyz")).json);
  assert.equal(
    (await fetch(`${service.metrics_url}/v1/credentials`, { method: "POST" })).status,
    404,
  );
});
