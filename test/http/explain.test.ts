import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startProvider } from "../support/provider.ts";
import { type Answer, makeAccount, makeDir, startService } from "../support/service.ts";

const POLICY = `
version: 1
roles:
  reader: { account: ORDERS, subscribe: [orders.>], limits: { subscriptions: 5 } }
  writer: { account: ORDERS, publish: ["orders.{client_id}.>"] }
  biller: { account: BILLING, publish: [bills] }
  secret: { account: ORDERS, publish: [secret] }
rules:
  - { name: readers, issuer: corp, scopes: [orders.read], roles: [reader, writer] }
  - { name: billers, issuer: corp, client: both, roles: [biller] }
  - { name: nobody, issuer: corp, claims: { clearance: top }, roles: [secret] }
`;

const scope = { after };
const dir = await makeDir(scope);
const clients = ["both", "one", "often"].map((id) => ({ id }));
const provider = await startProvider(scope, { alg: "ES256", clients });
const accounts = [await makeAccount(dir), await makeAccount(dir, "BILLING")];
const options = { provider, policy: POLICY, accounts };
const service = await startService(scope, {
  ...options,
  config: { explain: true, limits: { rate_per_identity: "10/m" } },
});

const explain = async (client: string, body?: unknown): Promise<Answer> =>
  service.request("/v1/explain", {
    method: "POST",
    headers: {
      authorization: `Bearer ${await provider.token({ client })}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

test("a caller learns who it is, which roles it has, and what its request would be given", async () => {
  const wanted = { account: "ORDERS", ttl_s: 60 };
  const { status, json, headers } = await explain("both", wanted);
  assert.equal(status, 200);
  assert.equal(headers.get("cache-control"), "no-store");
  assert.deepEqual(json.identity, { issuer: "corp", kind: "client", subject: "both" });
  assert.deepEqual(json.roles, { ORDERS: ["reader", "writer"], BILLING: ["biller"] });
  assert.equal(json.allowed, true);
  const { json: given } = await service.ask(await provider.token({ client: "both" }), wanted);
  for (const name of ["account", "roles", "publish", "subscribe", "limits", "inbox_prefix"])
    assert.deepEqual(json.grant[name], given[name], name);
  assert.ok(Math.abs(json.grant.expires_at - given.expires_at) <= 2);
});

test("a refusal is explained by its code and its sentence, and by nothing that it would take", async () => {
  const { status, json, text } = await explain("both");
  assert.equal(status, 200);
  assert.deepEqual([json.allowed, json.code, json.grant], [false, "account_required", undefined]);
  assert.match(json.detail, /account/);
  const narrowed = await explain("one", { publish: ["orders.both.x"] });
  assert.deepEqual([narrowed.json.allowed, narrowed.json.code], [false, "permission_not_granted"]);
  const unknown = await explain("one", { roles: ["secret"] });
  assert.equal(unknown.json.code, "role_not_granted");
  for (const said of [text, narrowed.text, unknown.text])
    assert.doesNotMatch(said, /secret|clearance|readers|nobody|missed|trace/);
});

test("nothing is issued, and the journal has who asked and what was said", async () => {
  await explain("one");
  const events = await service.journal();
  const event = events.findLast(({ type }) => type === "decision.explained");
  assert.ok(event?.type === "decision.explained");
  assert.deepEqual([event.identity?.subject, event.account], ["one", "ORDERS"]);
  assert.deepEqual([event.roles, event.code], [["reader", "writer"], undefined]);
  assert.ok(event.policy && event.trace?.length === 3 && event.token_sha256);
  const issued = events.filter(({ type }) => type === "credential.issued");
  assert.equal(issued.length, 1, "the one of the first test");
  const metrics = await (await fetch(`${service.metrics_url}/metrics`)).text();
  assert.match(metrics, /explained_total\{code="allowed",issuer="corp"\} 2/);
  assert.match(metrics, /explained_total\{code="account_required",issuer="corp"\} 1/);
});

test("what keeps a token from an exchange keeps it from an explanation", async () => {
  const bare = await service.request("/v1/explain", { method: "POST" });
  assert.deepEqual([bare.status, bare.json.code], [401, "token_missing"]);
  const headers = { authorization: "Bearer a.b.c" };
  const bad = await service.request("/v1/explain", { method: "POST", headers });
  assert.deepEqual([bad.status, bad.json.code], [401, "token_malformed"]);
  assert.equal((await explain("one", { user_public_key: "U" })).json.code, "request_invalid");
  const answers: number[] = [];
  for (let i = 0; i < 11; i++) answers.push((await explain("often")).status);
  assert.deepEqual([answers[9], answers[10]], [200, 429], "both count as one identity's requests");
  assert.equal((await service.ask(await provider.token({ client: "often" }))).status, 429);
});

test("there is no such path unless the operator allows it", async (t) => {
  const silent = await startService(t, options);
  const headers = { authorization: `Bearer ${await provider.token({ client: "one" })}` };
  const { status, json } = await silent.request("/v1/explain", { method: "POST", headers });
  assert.deepEqual([status, json.code], [404, "not_found"]);
  assert.ok(!("/v1/explain" in (await silent.request("/openapi.json")).json.paths));
});
