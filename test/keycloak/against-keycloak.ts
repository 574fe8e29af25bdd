import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { dpopKey } from "../support/dpop.ts";
import { startKeycloak } from "../support/keycloak.ts";
import { startNats } from "../support/nats.ts";
import { connectWith, violations } from "../support/nats-client.ts";
import { type Answer, makeDir, startService } from "../support/service.ts";

// Run by `npm run test:keycloak`: it wants Java and Maven, and takes minutes.
const POLICY = `
version: 1
rules:
  - name: workers read orders
    issuer: keycloak
    kind: client
    client: worker
    scopes: ["nats:orders.read"]
    grant: { account: ORDERS, subscribe: ["orders.>"] }
  - name: traders
    issuer: keycloak
    kind: user
    claims: { /realm_access/roles: { has: trader } }
    grant: { account: ORDERS, publish: [orders.new], subscribe: ["quotes.>"] }
`;

/** Keys are asked for again at most every 30 seconds. */
const ROTATION_LIMIT_MS = 45_000;

const scope = { after };
const [nats, keycloak] = await Promise.all([startNats(scope), startKeycloak(scope)]);
const serviceWith = (issuer: object) =>
  startService(scope, {
    provider: keycloak,
    policy: POLICY,
    accounts: [nats.accounts.ORDERS],
    config: {
      issuers: [
        {
          ...{ name: "keycloak", url: keycloak.issuer, preset: "keycloak", insecure_http: true },
          ...{ audience: keycloak.audience, ...issuer },
        },
      ],
      servers: [nats.url],
    },
  });
const service = await serviceWith({});

function assertIssued(answer: Answer, subscribe: string, publish: readonly string[]): void {
  assert.equal(answer.status, 200, answer.text);
  assert.ok(answer.json.subscribe.includes(subscribe), answer.text);
  assert.deepEqual(answer.json.publish, publish);
}

const codeOf = async (token: string) => {
  const { status, json } = await service.ask(token);
  return status === 200 ? "issued" : String(json.code);
};

test("a client's scope becomes what its credential may subscribe to", async (t) => {
  const answer = await service.ask(await keycloak.client("worker", "nats:orders.read"));
  assertIssued(answer, "orders.>", []);
  const { jwt, seed, inbox_prefix } = answer.json;
  const nc = await connectWith(t, nats.url, { jwt, seed }, { inboxPrefix: inbox_prefix });
  const refused = violations(nc);
  nc.subscribe("orders.new");
  nc.publish("orders.new");
  nc.subscribe("quotes.eur");
  assert.deepEqual((await refused()).toSorted(), ["publish orders.new", "subscribe quotes.eur"]);
});

test("a client without the scope gets nothing", async () => {
  assert.equal(await codeOf(await keycloak.client("worker")), "no_rule_matched");
  assert.equal(
    await codeOf(await keycloak.client("worker", "nats:orders.write")),
    "no_rule_matched",
  );
});

test("a realm role of a person becomes permissions, and its absence none", async () => {
  const ada = await keycloak.person("ada");
  assertIssued(await service.ask(ada.access_token), "quotes.>", ["orders.new"]);
  const bob = await keycloak.person("bob");
  assert.equal(await codeOf(bob.access_token), "no_rule_matched");
  const issued = (await service.journal()).findLast(({ type }) => type === "credential.issued");
  assert.ok(issued?.type === "credential.issued");
  assert.equal(issued.identity?.kind, "user");
});

test("ID and refresh tokens of the same person are refused", async () => {
  const { id_token = "", refresh_token = "" } = await keycloak.person("ada");
  assert.match(await codeOf(id_token), /^token_(?:type_not_allowed|audience_mismatch)$/);
  assert.equal(await codeOf(refresh_token), "token_algorithm_not_allowed");
});

test("a token that Keycloak binds to a key is taken with a proof of it, and not without", async () => {
  const key = await dpopKey();
  const url = `${keycloak.issuer}/protocol/openid-connect/token`;
  const form = { grant_type: "client_credentials", scope: "nats:orders.read", client_id: "worker" };
  const { access_token: token } = await keycloak.grant(
    { ...form, client_secret: "worker-secret" },
    { dpop: await key.proof(url) },
  );
  assert.equal(await codeOf(token), "token_binding_invalid");
  const proof = await key.proof(`${service.public_url}/v1/credentials`, token);
  const headers = { authorization: `DPoP ${token}`, dpop: proof };
  assertIssued(await service.ask(token, undefined, headers), "orders.>", []);
});

test("where Keycloak is asked about every token, one of a session that has ended is refused", async () => {
  const client_secret_file = join(await makeDir(scope), "secret");
  await writeFile(client_secret_file, `${keycloak.audience}-secret`, { mode: 0o600 });
  const introspection = { client_id: keycloak.audience, client_secret_file };
  const asking = await serviceWith({ validation: "introspection", introspection });
  const tokens = await keycloak.person("ada");
  assertIssued(await asking.ask(tokens.access_token), "quotes.>", ["orders.new"]);
  const ended = await keycloak.person("ada");
  await keycloak.logout(ended);
  assert.equal((await asking.ask(ended.access_token)).json.code, "token_expired");
  assert.equal(await codeOf(ended.access_token), "issued", "a signature knows nothing of sessions");
  const worker = await asking.ask(await keycloak.client("worker", "nats:orders.read"));
  assertIssued(worker, "orders.>", []);
});

test("after a rotation the new key is taken, and the withdrawn one is not any more", async () => {
  const before = await keycloak.client("worker", "nats:orders.read");
  assert.equal(await codeOf(before), "issued");
  await keycloak.rotate();
  const deadline_ms = performance.now() + ROTATION_LIMIT_MS;
  let code = "";
  while (code !== "issued" && performance.now() < deadline_ms) {
    code = await codeOf(await keycloak.client("worker", "nats:orders.read"));
    assert.match(code, /^(?:issued|token_signature_invalid)$/);
    if (code !== "issued") await delay(1_000);
  }
  assert.equal(code, "issued");
  assert.equal(await codeOf(before), "token_signature_invalid");
});

test("while Keycloak is away its tokens are still good, and after it has come back new ones are", async () => {
  const token = await keycloak.client("worker", "nats:orders.read");
  await keycloak.stop();
  assert.equal(await codeOf(token), "issued");
  await keycloak.start();
  assert.equal(await codeOf(await keycloak.client("worker", "nats:orders.read")), "issued");
});
