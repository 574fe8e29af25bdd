import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createUser } from "@nats-io/nkeys";
import * as client from "openid-client";
import { proofText } from "../../src/keys/index.ts";
import { startNats } from "../support/nats.ts";
import { connectWith } from "../support/nats-client.ts";
import { startProvider } from "../support/provider.ts";
import { type Service, startService } from "../support/service.ts";
import { encoded, exchangeOf, postForm, TOKEN_EXCHANGE, TYPES } from "./doors.ts";

const POLICY = `
version: 1
roles:
  reader: { account: ORDERS, subscribe: [orders.>], ttl: 10m }
  writer: { account: ORDERS, publish: [orders.new], ttl: 4m }
  biller: { account: BILLING, subscribe: [bills.>] }
rules:
  - { name: all, issuer: corp, client: worker, roles: [reader, writer] }
  - { name: both, issuer: corp, client: both, roles: [reader, biller] }
`;

const scope = { after };
const [nats, provider] = await Promise.all([
  startNats(scope, { accounts: ["ORDERS", "BILLING"] }),
  startProvider(scope, { alg: "ES256", clients: [{ id: "both" }] }),
]);
const accounts = [nats.accounts.ORDERS, nats.accounts.BILLING];
const options = { provider, policy: POLICY, accounts };
const [service, below] = await Promise.all([
  startService(scope, { ...options, config: { servers: ["tls://nats.example.test"] } }),
  startService(scope, { ...options, config: { public_url: "https://sts.example.test/sts" } }),
]);
const CREDS = `${service.public_url}/token-type/nats-creds`;
const USER_JWT = `${service.public_url}/token-type/nats-user-jwt`;

const exchange = async (more: Record<string, string | undefined> = {}, id = "worker") =>
  postForm(service, encoded(exchangeOf(await provider.token({ client: id }), more)));

/** A client of a library, which believes that the service is where its public URL says. */
function discover(at: Service): Promise<client.Configuration> {
  const { origin } = new URL(at.public_url);
  const fetchThere: client.CustomFetch = (url, init) =>
    // `as`: the library's type of a body is wider than that of fetch.
    fetch(url.replace(origin, at.url), init as RequestInit);
  return client.discovery(new URL(at.public_url), "worker", undefined, client.None(), {
    algorithm: "oauth2",
    [client.customFetch]: fetchThere,
  });
}

const claimsOf = (jwt: string) =>
  JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString());

async function ownKey() {
  const key = createUser();
  const token = await provider.token();
  const proof = key.sign(Buffer.from(proofText(service.public_url, token)));
  const user_key_proof = Buffer.from(proof).toString("base64url");
  return { token, user_public_key: key.getPublicKey(), user_key_proof };
}

test("an OAuth client finds the endpoint, exchanges its token and connects", async (t) => {
  const config = await discover(service);
  const parameters = {
    subject_token: await provider.token(),
    subject_token_type: `${TYPES}access_token`,
    audience: "ORDERS",
    resource: service.public_url,
    scope: "reader",
  };
  const answer = await client.genericGrantRequest(config, TOKEN_EXCHANGE, parameters);
  assert.equal(answer.token_type, "n_a");
  assert.equal(answer["issued_token_type"], CREDS);
  assert.equal(answer.scope, "reader");
  const inboxPrefix = String(answer["inbox_prefix"]);
  const nc = await connectWith(t, nats.url, answer.access_token, { inboxPrefix });
  await nc.flush();
});

test("discovery works below a path, too", async () => {
  const config = await discover(below);
  const metadata = config.serverMetadata();
  assert.equal(metadata.issuer, below.public_url);
  assert.equal(metadata.token_endpoint, `${below.public_url}/oauth2/token`);
  assert.deepEqual(metadata.grant_types_supported, [TOKEN_EXCHANGE]);
  assert.deepEqual(metadata.response_types_supported, []);
  assert.deepEqual(metadata.token_endpoint_auth_methods_supported, ["none"]);
});

test("the answer has what a NATS client needs beside what OAuth asks for", async () => {
  const { status, json, headers } = await exchange();
  assert.equal(status, 200);
  assert.equal(headers.get("cache-control"), "no-store");
  assert.equal(headers.get("pragma"), "no-cache");
  assert.match(headers.get("content-type") ?? "", /^application\/json/);
  const claims = claimsOf(json.jwt);
  assert.deepEqual(Object.keys(json).sort(), [
    ...["access_token", "account", "account_public_key", "expires_at", "expires_in", "id"],
    ...["inbox_prefix", "issued_at", "issued_token_type", "jwt", "publish", "refresh_after"],
    ...["roles", "scope", "seed", "servers", "subscribe", "token_type", "user_public_key"],
  ]);
  assert.equal(json.token_type, "N_A");
  assert.equal(json.scope, "reader writer");
  assert.equal(json.expires_in, 240, "the shortest ttl of the roles");
  assert.equal(json.expires_at, claims.exp);
  assert.deepEqual(json.servers, ["tls://nats.example.test"]);
  assert.ok(json.access_token.includes(json.jwt) && json.access_token.includes(json.seed));
});

test("with a key of one's own the JWT alone is issued, under either name of its type", async () => {
  for (const requested_token_type of [undefined, USER_JWT, `${TYPES}jwt`]) {
    const { token, ...own } = await ownKey();
    const form = encoded(exchangeOf(token, { ...own, requested_token_type }));
    const { status, json } = await postForm(service, form);
    assert.equal(status, 200, json.code);
    assert.equal(json.issued_token_type, USER_JWT);
    assert.equal(json.access_token, json.jwt);
    assert.equal(claimsOf(json.jwt).sub, own.user_public_key);
    assert.ok(!("seed" in json));
  }
});

test("a type that does not fit the key, or is none of ours, is refused", async () => {
  for (const requested_token_type of [
    USER_JWT,
    `${TYPES}jwt`,
    `${TYPES}access_token`,
    `${CREDS}/`,
    "nats-creds",
  ]) {
    const { status, json } = await exchange({ requested_token_type });
    assert.deepEqual([status, json.code], [400, "request_invalid"], requested_token_type);
  }
  const { token, ...own } = await ownKey();
  const form = encoded(exchangeOf(token, { ...own, requested_token_type: CREDS }));
  assert.equal((await postForm(service, form)).json.code, "request_invalid");
});

test("audience is the account, scope the roles, and ttl_s the lifetime", async () => {
  const billing = await exchange({ audience: "BILLING" }, "both");
  assert.deepEqual([billing.json.account, billing.json.scope], ["BILLING", "biller"]);
  const reader = await exchange({ scope: "reader", ttl_s: "30" });
  assert.deepEqual([reader.json.roles, reader.json.expires_in], [["reader"], 30]);
  const either = await exchange({ scope: "writer reader" });
  assert.equal(either.json.scope, "reader writer", "what was given, in its own order");
  const greedy = await exchange({ scope: "writer", ttl_s: "999999999" });
  assert.equal(greedy.json.expires_in, 240, "cut, not refused");
});

test("both kinds of subject tokens are taken, and no other kind is", async () => {
  for (const type of ["access_token", "jwt"])
    assert.equal((await exchange({ subject_token_type: TYPES + type })).status, 200);
  for (const type of ["id_token", "refresh_token", "saml2", "", "JWT"]) {
    const { status, json } = await exchange({ subject_token_type: `${TYPES}${type}` });
    assert.deepEqual([status, json.code], [400, "token_type_not_allowed"], type);
  }
});

test("every refusal is journaled under its request id, before the line and in it", async () => {
  // What is recorded is on disk when it is answered, and with it everything that was noted before:
  // the refusal of a verified identity comes last.
  const answers = [
    await exchange({ grant_type: "password" }),
    await postForm(service, "%"),
    await exchange({ audience: "BILLING" }),
  ];
  const events = await service.journal();
  for (const { json } of answers) {
    const event = events.find((each) => "code" in each && each.request_id === json.request_id);
    assert.ok(event?.type === "credential.refused", json.code);
    assert.equal(event.code, json.code);
  }
});
