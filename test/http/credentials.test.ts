import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createUser } from "@nats-io/nkeys";
import { proofText } from "../../src/keys/index.ts";
import { startProvider } from "../support/provider.ts";
import { makeAccount, makeDir, startService } from "../support/service.ts";

const POLICY = `
version: 1
roles:
  reader: { account: ORDERS, subscribe: [orders.>, "jobs.new workers"], ttl: 10m }
  writer: { account: ORDERS, publish: [orders.new, "orders.{client_id}.>"], respond: true, ttl: 4m }
  everything:
    account: ORDERS
    publish: [a.>]
    subscribe: [b.>, "b.*.c"]
    deny_subscribe: [b.secret]
    respond: { any_subject: true, max: 2, ttl: 1m }
    allow_reserved: true
    connection_types: [STANDARD]
    source_networks: [127.0.0.0/8]
    times: { location: UTC, ranges: [{ start: "00:00:00", end: "23:59:59" }] }
    limits: { subscriptions: 10, payload_bytes: 1024 }
    tags: ["team:blue"]
rules:
  - { name: all there is, issuer: corp, client: full, roles: [everything] }
  - { name: readers, issuer: corp, scopes: [orders.read], roles: [reader] }
  - { name: writers, issuer: corp, scopes: [orders.write], roles: [writer] }
`;

const scope = { after };
const dir = await makeDir(scope);
const provider = await startProvider(scope, {
  alg: "ES256",
  clients: [{ id: "other" }, { id: "full" }],
});
const service = await startService(scope, {
  provider,
  policy: POLICY,
  accounts: [await makeAccount(dir)],
  config: { servers: ["nats://127.0.0.1:4222", "tls://127.0.0.1:4223"] },
});

/** A caller's own key with its proof for a token, signed by the nkeys library. */
function ownKey(token: string, key = createUser()) {
  const proof = key.sign(Buffer.from(proofText(service.public_url, token)));
  return {
    user_public_key: key.getPublicKey(),
    user_key_proof: Buffer.from(proof).toString("base64url"),
  };
}

test("the JSON answer has what a client needs, and its lists are those of the JWT", async () => {
  const token = await provider.token();
  const { status, json, headers } = await service.ask(token);
  assert.equal(status, 200);
  assert.equal(headers.get("cache-control"), "no-store");
  const claims = JSON.parse(Buffer.from(json.jwt.split(".")[1], "base64url").toString());
  assert.deepEqual(Object.keys(json).sort(), [
    ...["account", "account_public_key", "expires_at", "id", "inbox_prefix", "issued_at", "jwt"],
    ...["publish", "refresh_after", "roles", "seed", "servers", "subscribe", "user_public_key"],
  ]);
  assert.deepEqual(json.publish, claims.nats.pub.allow);
  assert.deepEqual(json.subscribe, claims.nats.sub.allow);
  assert.deepEqual(json.roles, ["reader", "writer"]);
  assert.deepEqual(json.servers, ["nats://127.0.0.1:4222", "tls://127.0.0.1:4223"]);
  assert.ok(json.publish.includes("_INBOX.>") && json.publish.includes("orders.worker.>"));
  assert.ok(json.subscribe.includes(`${json.inbox_prefix}.>`));
  assert.equal(json.id, claims.jti);
  assert.equal(json.expires_at, claims.exp);
  assert.equal(json.issued_at, claims.iat);
  assert.equal(json.expires_at - json.issued_at, 240, "the shortest ttl of the roles");
  assert.equal(json.refresh_after - json.issued_at, 180, "three quarters of the lifetime");
});

test("answer and journal say everything that the JWT says, and nothing that goes without saying", async () => {
  const { json } = await service.ask(await provider.token({ client: "full" }), {
    roles: ["everything"],
  });
  const { nats } = JSON.parse(Buffer.from(json.jwt.split(".")[1], "base64url").toString());
  const details = {
    deny_subscribe: nats.sub.deny,
    responses: { max: 2, ttl_s: 60 },
    connection_types: ["STANDARD"],
    source_networks: ["127.0.0.0/8"],
    times: { location: "UTC", ranges: [{ start: "00:00:00", end: "23:59:59" }] },
    limits: { subscriptions: 10, payload_bytes: 1024 },
    tags: ["team:blue"],
  };
  assert.ok(nats.sub.deny.includes("b.secret"));
  assert.deepEqual(nats.resp, { max: 2, ttl: 60e9 });
  assert.deepEqual([nats.src, nats.times], [details.source_networks, details.times.ranges]);
  assert.deepEqual([nats.subs, nats.payload], [10, 1024]);
  const event = (await service.journal()).find((each) => "id" in each && each.id === json.id);
  for (const said of [json, event])
    for (const [name, value] of Object.entries(details)) assert.deepEqual(said[name], value, name);

  const plain = await service.ask(await provider.token());
  const short = (await service.journal()).find((each) => "id" in each && each.id === plain.json.id);
  for (const said of [plain.json, short])
    for (const name of [...Object.keys(details), "bearer", "scoped_key"])
      assert.ok(!(name in said), name);
});

test("a credential never outlives the access token", async () => {
  const exp = Math.floor(Date.now() / 1000) + 60;
  const { json } = await service.ask(await provider.forge({ payload: { exp } }));
  assert.equal(json.expires_at, exp);
});

test("a caller's own key stays with its owner, and the answer has no seed", async () => {
  const token = await provider.token();
  const own = ownKey(token);
  const { status, json } = await service.ask(token, own);
  assert.equal(status, 200);
  assert.equal(json.user_public_key, own.user_public_key);
  assert.ok(!("seed" in json));
});

test("the same identity renews under its key, and another identity cannot have it", async () => {
  const key = createUser();
  const mine = await provider.token();
  assert.equal((await service.ask(mine, ownKey(mine, key))).status, 200);
  const next = await provider.token();
  assert.equal((await service.ask(next, ownKey(next, key))).status, 200);
  const theirs = await provider.token({ client: "other" });
  const { status, json } = await service.ask(theirs, ownKey(theirs, key));
  assert.deepEqual([status, json.code], [409, "user_key_in_use"]);
});

test("a proof holds for one key, one token and one service", async () => {
  const token = await provider.token();
  const other = await provider.token();
  const own = ownKey(token);
  const key = createUser();
  const elsewhere = key.sign(Buffer.from(proofText("https://elsewhere.test", token)));
  const wrong = [
    { ...own, user_key_proof: ownKey(other).user_key_proof },
    { ...own, user_key_proof: ownKey(token).user_key_proof },
    {
      user_public_key: key.getPublicKey(),
      user_key_proof: Buffer.from(elsewhere).toString("base64url"),
    },
    { ...own, user_key_proof: `${own.user_key_proof}==` },
    { ...own, user_key_proof: "" },
    { user_public_key: own.user_public_key },
  ];
  for (const body of wrong) {
    const { status, json } = await service.ask(token, body);
    assert.deepEqual([status, json.code], [400, "user_key_proof_invalid"]);
  }
  const { status, json } = await service.ask(token, { user_key_proof: own.user_key_proof });
  assert.deepEqual([status, json.code], [400, "request_invalid"], "a proof of no key");
});

test("what is no public user key is refused before its proof is looked at", async () => {
  const token = await provider.token();
  const { user_public_key, user_key_proof } = ownKey(token);
  const wrong = [
    user_public_key.slice(0, -1),
    user_public_key.toLowerCase(),
    `A${user_public_key.slice(1)}`,
    user_public_key.replace(/.$/, (last) => (last === "A" ? "B" : "A")),
    `${user_public_key}A`,
    createUser().getSeed().toString(),
    "",
    "*",
  ];
  for (const user_public_key of wrong) {
    const { status, json } = await service.ask(token, { user_public_key, user_key_proof });
    assert.deepEqual([status, json.code], [400, "user_key_invalid"], user_public_key);
  }
});

test("a request narrows by role, subject and lifetime, and never widens", async () => {
  const token = await provider.token();
  const ask = async (body: unknown) => (await service.ask(token, body)).json;

  const reader = await ask({ roles: ["reader"] });
  assert.deepEqual([reader.roles, reader.publish], [["reader"], []]);
  const one = await ask({ publish: ["orders.new"], subscribe: ["orders.eu.*"] });
  assert.deepEqual(one.publish, ["orders.new"]);
  assert.deepEqual(one.subscribe, [`${one.inbox_prefix}.>`, "orders.eu.*"].sort());
  const nothing = await ask({ publish: [], subscribe: [] });
  assert.deepEqual([nothing.publish, nothing.subscribe], [[], [`${nothing.inbox_prefix}.>`]]);
  const claims = JSON.parse(Buffer.from(nothing.jwt.split(".")[1], "base64url").toString());
  assert.deepEqual(claims.nats.pub, { deny: [">"] });
  const brief = await ask({ ttl_s: 30 });
  assert.equal(brief.expires_at - brief.issued_at, 30);
  const greedy = await ask({ ttl_s: 86_400 });
  assert.equal(greedy.expires_at - greedy.issued_at, 240, "cut, not refused");
  assert.equal((await ask({ account: "ORDERS" })).account, "ORDERS");
});

test("unknown and not-held roles and accounts cannot be told apart", async () => {
  const token = await provider.token({ scope: "orders.read" });
  const body = async (request: unknown) => {
    const { status, json } = await service.ask(token, request);
    return [status, { ...json, request_id: "" }];
  };
  assert.deepEqual(await body({ roles: ["writer"] }), await body({ roles: ["no-such-role"] }));
  const unknown = await body({ account: "NOSUCH" });
  assert.equal((unknown[1] as { code: string }).code, "account_not_granted");
});

test("Accept chooses the form: the highest weight wins, JSON on a tie", async () => {
  const token = await provider.token();
  const type = async (accept: string) =>
    (await service.ask(token, undefined, { accept })).headers.get("content-type")?.split(";")[0];
  assert.equal(await type("*/*"), "application/json");
  assert.equal(await type("application/*"), "application/json");
  assert.equal(await type("text/*"), "text/plain");
  assert.equal(await type("text/plain, application/json"), "application/json");
  assert.equal(await type("text/plain;q=0.9, application/json;q=0.5"), "text/plain");
  assert.equal(await type("application/json;q=0, */*;q=0.1"), "text/plain");
  assert.equal(await type("application/vnd.nats.creds"), "application/vnd.nats.creds");
  assert.equal(await type("image/png"), "application/problem+json");
});

test("a creds file cannot be had for a key whose seed we never had", async () => {
  const token = await provider.token();
  const { status, json } = await service.ask(token, ownKey(token), { accept: "text/plain" });
  assert.deepEqual([status, json.code], [406, "not_acceptable"]);
});

test("no body, an empty body of any type and an empty object ask for the same", async () => {
  const authorization = `Bearer ${await provider.token()}`;
  const post = (headers: Record<string, string>, body?: string) =>
    service.request("/v1/credentials", {
      method: "POST",
      headers: { authorization, ...headers },
      ...(body !== undefined && { body }),
    });
  const answers = await Promise.all([
    post({}),
    post({}, ""),
    post({ "content-type": "text/plain" }, ""),
    post({ "content-type": "application/x-www-form-urlencoded" }, ""),
    post({ "content-type": "application/json" }, ""),
    post({ "content-type": "json" }, ""),
    post({ "content-type": "json" }),
    post({ "content-type": "text/plain", "content-encoding": "identity" }, ""),
    post({ "content-type": "application/json" }, "{}"),
    post({ "content-type": "application/json; charset=utf-8" }, "{}"),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    answers.map(() => 200),
  );
});

test("the request id is ours, and the caller's own stands beside it in the journal", async () => {
  const { headers } = await service.ask(await provider.token(), undefined, {
    "x-request-id": "build-42",
  });
  const request_id = headers.get("x-request-id");
  assert.match(request_id ?? "", /^[0-9a-f-]{36}$/);
  const event = (await service.journal()).find(
    (each) => "request_id" in each && each.request_id === request_id,
  );
  assert.equal(event && "client_request_id" in event && event.client_request_id, "build-42");
});

test("the protected resource says which issuers it trusts", async () => {
  const { json } = await service.request("/.well-known/oauth-protected-resource");
  assert.equal(json.resource, service.public_url);
  assert.deepEqual(json.authorization_servers, [provider.issuer]);
  assert.deepEqual(json.bearer_methods_supported, ["header"]);
});

test("the service is healthy, and ready with what it checked", async () => {
  assert.deepEqual((await service.request("/healthz")).json, { status: "ok" });
  const { status, json } = await service.request("/readyz");
  assert.equal(status, 200);
  assert.deepEqual(
    json.checks.map(({ name }: { name: string }) => name.split(" ")[0]),
    ["policy", "keys", "clock", "journal"],
  );
});
