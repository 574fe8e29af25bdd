import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { StoredEvent } from "../../src/journal/index.ts";
import { startProvider } from "../support/provider.ts";
import { makeAccount, makeDir, startService } from "../support/service.ts";

const ADMIN = "nats-sts-admin";
const POLICY = `
version: 1
admin_roles:
  everything: { accounts: [ORDERS, BILLING], can: [journal] }
  orders: { accounts: [ORDERS], can: [journal] }
  revoker: { accounts: [ORDERS], can: [revoke] }
rules:
  - { name: workers, issuer: corp, client: worker, grant: { account: ORDERS, publish: [a] } }
  - { name: billers, issuer: corp, client: biller, grant: { account: BILLING, publish: [b] } }
  - { name: root, issuer: corp, subject: root, admin: [everything] }
  - { name: orders lead, issuer: corp, subject: lead, admin: [orders] }
  - { name: revokers, issuer: corp, subject: revoker, admin: [revoker] }
`;

const scope = { after };
const dir = await makeDir(scope);
const provider = await startProvider(scope, { alg: "ES256" });
const accounts = [await makeAccount(dir), await makeAccount(dir, "BILLING")];
const options = { provider, policy: POLICY, accounts };
const [service, closed] = await Promise.all([
  startService(scope, { ...options, config: { admin_audience: ADMIN } }),
  startService(scope, options),
]);

const credential = (id: string, aud = provider.audience) =>
  provider.forge({ payload: { sub: id, client_id: id, aud } });
const [worker, biller, stranger] = await Promise.all(
  ["worker", "biller", "stranger"].map(async (id) => service.ask(await credential(id))),
);

async function look(sub: string | undefined, query = "", aud: string = ADMIN) {
  const headers =
    sub === undefined ? {} : { authorization: `Bearer ${await credential(sub, aud)}` };
  const response = await fetch(`${service.admin_url}/v1/journal${query}`, { headers });
  const json = (await response.json()) as { code?: string; events: StoredEvent[] };
  return { response, json, status: response.status };
}

const ids = ({ json }: { json: { events: StoredEvent[] } }) =>
  json.events.flatMap((event) => ("request_id" in event ? event.request_id : []));
const idOf = (answer: typeof worker) => answer?.headers.get("x-request-id") ?? "none";

test("an administrator reads the journal of its accounts, and of no other", async () => {
  const all = await look("root");
  assert.equal(all.status, 200);
  assert.equal(all.response.headers.get("cache-control"), "no-store");
  for (const answer of [worker, biller, stranger]) assert.ok(ids(all).includes(idOf(answer)));
  assert.ok(all.json.events.some(({ type }) => type === "policy.loaded"));
  const own = await look("lead");
  assert.deepEqual(
    own.json.events.map((event) => "account" in event && event.account),
    own.json.events.map(() => "ORDERS"),
  );
  assert.ok(ids(own).includes(idOf(worker)));
  const decision = own.json.events.find(({ type }) => type === "credential.issued");
  assert.ok(decision && "trace" in decision);
  assert.deepEqual(decision.trace, [{ rule: "workers" }], "rules that missed may be of others");
});

test("it asks with the words of journal tail", async () => {
  const refused = await look("root", "?code=no_rule_matched");
  assert.deepEqual(ids(refused), [idOf(stranger)]);
  const newest = await look("root", "?type=credential.issued&last=1");
  assert.equal(newest.json.events.length, 1);
  assert.ok([idOf(worker), idOf(biller)].includes(ids(newest)[0] ?? ""));
  assert.deepEqual(ids(await look("root", "?identity=corp:worker")), [idOf(worker)]);
  for (const wrong of [
    ...["?code=nonsense", "?code=issued&code=issued", "?last=0", "?last=1001", "?last=1e2"],
    ...["?since=yesterday", "?identity=x", "?account=ORDERS", "?__proto__=x"],
  ]) {
    const { status, json } = await look("root", wrong);
    assert.deepEqual([status, json.code], [400, "request_invalid"], wrong);
  }
});

test("only a token for administration administers, and it gets no credential", async () => {
  const { status, json } = await look("root", "", provider.audience);
  assert.deepEqual([status, json.code], [401, "token_audience_mismatch"]);
  const { json: other } = await service.ask(await credential("worker", ADMIN));
  assert.equal(other.code, "token_audience_mismatch");
  assert.equal((await look(undefined)).json.code, "token_missing");
});

test("who has another right, or none, is refused, and every look is on record", async () => {
  for (const sub of ["revoker", "worker", "stranger"]) {
    const { status, json } = await look(sub);
    assert.deepEqual([status, json.code], [403, "admin_not_granted"], sub);
  }
  await look("lead", "?code=issued");
  const events = await service.journal();
  const last = events.findLast(({ type }) => type === "admin.allowed");
  assert.ok(last?.type === "admin.allowed");
  assert.deepEqual(
    [last.identity?.subject, last.can, last.accounts, last.wish, last.door],
    ["lead", "journal", ["ORDERS"], { code: "issued" }, "admin"],
  );
  const refusals = events.filter((event) => "code" in event && event.code === "admin_not_granted");
  assert.equal(refusals.length, 3);
});

test("there is nothing else behind that door, and no such path at the others", async () => {
  for (const path of ["/", "/v1/credentials", "/oauth2/token", "/docs", "/metrics"]) {
    const response = await fetch(`${service.admin_url}${path}`, { method: "POST" });
    assert.equal(response.status, 404, path);
  }
  assert.equal((await service.request("/v1/journal")).status, 404);
  assert.equal((await fetch(`${service.metrics_url}/v1/journal`)).status, 404);
});

test("without an audience for administration nothing listens there", () => {
  assert.equal(closed.admin_url, undefined);
});
