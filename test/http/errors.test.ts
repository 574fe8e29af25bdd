import assert from "node:assert/strict";
import { STATUS_CODES } from "node:http";
import { after, test } from "node:test";
import { createUser } from "@nats-io/nkeys";
import { pino } from "pino";
import { parseConfig } from "../../src/config/index.ts";
import { ERRORS, type ErrorCode, StsError } from "../../src/errors.ts";
import { httpDoor } from "../../src/http/index.ts";
import { proofText } from "../../src/keys/index.ts";
import { startProvider } from "../support/provider.ts";
import { newSigningKey } from "../support/provider-keys.ts";
import { type Answer, makeAccount, makeDir, startService } from "../support/service.ts";

const many = Array.from({ length: 150 }, (_, i) => `orders.region-${i}.created`);
const POLICY = `
version: 1
roles:
  reader: { account: ORDERS, subscribe: [orders.>] }
  biller: { account: BILLING, subscribe: [bills.>] }
  inside: { account: ORDERS, subscribe: [a], source_networks: [10.0.0.0/8] }
  outside: { account: ORDERS, subscribe: [b], source_networks: [192.0.2.0/24] }
  many: { account: ORDERS, publish: [${many.join(", ")}] }
rules:
  - { name: reader, issuer: corp, subject: [worker, other], roles: [reader] }
  - { name: both, issuer: corp, subject: both, roles: [reader, biller] }
  - { name: torn, issuer: corp, subject: torn, roles: [inside, outside] }
  - { name: many, issuer: corp, subject: many, roles: [many] }
`;

const scope = { after };
const dir = await makeDir(scope);
const [provider, absent] = await Promise.all([
  startProvider(scope, { alg: "ES256" }),
  startProvider(scope, { alg: "ES256" }),
]);
const issuer = { preset: "generic", audience: "nats-sts", insecure_http: true };
const service = await startService(scope, {
  provider,
  policy: POLICY,
  accounts: [await makeAccount(dir), await makeAccount(dir, "BILLING")],
  config: {
    issuers: [
      { ...issuer, name: "corp", url: provider.issuer, required_scopes: ["orders.read"] },
      { ...issuer, name: "absent", url: absent.issuer },
    ],
  },
});
await absent.stop();

const ask = async (payload: Record<string, unknown>, body?: unknown, headers = {}) =>
  service.ask(await provider.forge({ payload }), body, headers);
const as = (sub: string, body?: unknown) => ask({ sub, client_id: sub }, body);

/** The HTTP door alone before a line that fails: what cannot be caused from outside at will. */
async function behindFails(error: unknown, stopping = false): Promise<Answer> {
  const text = `{issuers: [{name: a, url: "https://a.test", preset: generic, audience: a}],
    policy: p, journal: stdout, accounts: [{name: A, public_key: A${"A".repeat(55)}, signing_keys: [{file: k}]}]}`;
  const door = await httpDoor(
    {
      config: parseConfig(text, "/c.yaml").config,
      exchange: async () => Promise.reject(error),
      refuse: async (refused) => refused as StsError,
      ready: async () => [],
      stopping: () => stopping,
    },
    pino({ level: "silent" }),
  );
  const { statusCode, headers, body, json } = await door.inject({
    method: "POST",
    url: "/v1/credentials",
    headers: { authorization: "Bearer a.b.c" },
  });
  const list = Object.entries(headers).map(
    ([name, value]) => [name, String(value)] as [string, string],
  );
  return { status: statusCode, headers: new Headers(list), text: body, json: json() };
}

const key = createUser();
const ownKey = (token: string) => ({
  user_public_key: key.getPublicKey(),
  user_key_proof: Buffer.from(key.sign(Buffer.from(proofText(service.public_url, token)))).toString(
    "base64url",
  ),
});

/** How each error comes about. A code without a row does not compile. */
const CAUSES: Readonly<Record<ErrorCode, () => Promise<Answer>>> = {
  request_invalid: () => ask({}, { surprise: true }),
  token_missing: () => service.request("/v1/credentials", { method: "POST" }),
  token_malformed: () => service.ask("not-a-jwt"),
  token_too_large: () => ask({ padding: "x".repeat(10_000) }),
  issuer_untrusted: () => ask({ iss: "https://elsewhere.test" }),
  token_algorithm_not_allowed: async () =>
    service.ask(await provider.forge({ header: { alg: "HS256" }, key: new Uint8Array(32) })),
  token_type_not_allowed: async () =>
    service.ask(await provider.forge({ header: { typ: "logout+jwt" } })),
  token_signature_invalid: async () =>
    service.ask(await provider.forge({ key: await newSigningKey("ES256") })),
  token_audience_mismatch: () => ask({ aud: "another-service" }),
  token_expired: () => ask({ iat: 1_700_000_000, exp: 1_700_000_300 }),
  token_not_yet_valid: () => ask({ nbf: Math.floor(Date.now() / 1000) + 3_600 }),
  token_claims_invalid: () => ask({ sub: undefined }),
  token_binding_invalid: () => ask({ cnf: { jkt: "thumbprint" } }),
  insufficient_scope: () => ask({ scope: "orders.write" }),
  no_rule_matched: () => as("nobody"),
  account_required: () => as("both"),
  account_not_granted: () => as("worker", { account: "BILLING" }),
  role_not_granted: () => as("worker", { roles: ["many"] }),
  permission_not_granted: () => as("worker", { publish: ["orders.new"] }),
  roles_conflict: () => as("torn"),
  permissions_too_large: () => as("many"),
  user_key_invalid: () => as("worker", { user_public_key: "U", user_key_proof: "x" }),
  user_key_proof_invalid: () => as("worker", { user_public_key: key.getPublicKey() }),
  user_key_in_use: async () => {
    const mine = await provider.forge();
    assert.equal((await service.ask(mine, ownKey(mine))).status, 200);
    const other = await provider.forge({ payload: { sub: "other", client_id: "other" } });
    return service.ask(other, ownKey(other));
  },
  not_found: () => service.request("/v1/nothing"),
  method_not_allowed: () => service.request("/v1/credentials"),
  not_acceptable: () => ask({}, undefined, { accept: "image/png" }),
  body_too_large: () => ask({}, { account: "x".repeat(70_000) }),
  content_type_unsupported: () => ask({}, "{}", { "content-type": "text/plain" }),
  headers_too_large: () =>
    service.request("/healthz", { headers: { "x-long": "x".repeat(20_000) } }),
  issuer_unavailable: async () => service.ask(await absent.forge()),
  journal_unavailable: () => behindFails(new StsError("journal_unavailable")),
  signer_unavailable: () => behindFails(new StsError("signer_unavailable")),
  overloaded: () => behindFails(new StsError("overloaded")),
  shutting_down: () => behindFails(new Error("not reached"), true),
  internal: () => behindFails(new TypeError("undefined is not a function")),
};

for (const [code, cause] of Object.entries(CAUSES) as [ErrorCode, () => Promise<Answer>][]) {
  const { status, say } = ERRORS[code];
  test(`${code} is answered with ${status} and its constant sentence`, async () => {
    const answer = await cause();
    const { headers, json } = answer;
    assert.equal(answer.status, status, answer.text);
    assert.equal(headers.get("content-type"), "application/problem+json");
    assert.equal(headers.get("cache-control"), "no-store");
    const request_id = headers.get("x-request-id");
    assert.match(request_id ?? "", /^[0-9a-f-]{36}$/);
    const title = STATUS_CODES[status];
    assert.deepEqual(json, { type: "about:blank", title, status, detail: say, code, request_id });
    assert.equal(headers.has("retry-after"), status === 503);
    assert.equal(headers.has("www-authenticate"), status === 401 || code === "insufficient_scope");
  });
}

test("every sentence fits an OAuth error_description and says what to do", () => {
  for (const { say } of Object.values(ERRORS)) {
    assert.match(say, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+\.$/);
    assert.ok(say.includes(":") || say.startsWith("Send"), say);
  }
});

test("a 401 without a token says only where to learn more", async () => {
  const { headers } = await CAUSES.token_missing();
  const metadata = `resource_metadata="${service.public_url}/.well-known/oauth-protected-resource"`;
  assert.equal(headers.get("www-authenticate"), `Bearer ${metadata}`);
});

test("a 401 for a bad token says that it is the token", async () => {
  const { headers } = await CAUSES.token_expired();
  assert.match(
    headers.get("www-authenticate") ?? "",
    /^Bearer error="invalid_token", error_description="[^"]+", resource_metadata="[^"]+"$/,
  );
});

test("a missing scope is named in the challenge", async () => {
  const { headers } = await CAUSES.insufficient_scope();
  assert.match(
    headers.get("www-authenticate") ?? "",
    /^Bearer error="insufficient_scope", scope="orders.read", /,
  );
});

test("a wrong method is told which are right", async () => {
  assert.equal((await CAUSES.method_not_allowed()).headers.get("allow"), "POST");
  const posted = await service.request("/healthz", { method: "POST" });
  assert.deepEqual([posted.status, posted.headers.get("allow")], [405, "GET, HEAD"]);
});

test("a refusal is explained to the operator: the trace is in the journal, under the request id", async () => {
  const { json } = await CAUSES.no_rule_matched();
  const events = await service.journal();
  const event = events.find((each) => "request_id" in each && each.request_id === json.request_id);
  assert.ok(event?.type === "credential.refused");
  assert.equal(event.code, "no_rule_matched");
  assert.equal(event.identity?.subject, "nobody");
  assert.deepEqual(
    event.trace?.map(({ rule, missed }) => [rule, missed]),
    [
      ["reader", "subject"],
      ["both", "subject"],
      ["torn", "subject"],
      ["many", "subject"],
    ],
  );
});

test("no token, seed or claim value is in the log or the journal after all of this", async () => {
  const secret = `claim-value-${Math.random()}`;
  const token = await provider.forge({ payload: { secret, groups: [secret] } });
  const { json } = await service.ask(token);
  await service.ask(`${token}x`);
  await service.ask(token, { surprise: secret });
  const written = [
    ...service.logs(),
    ...(await service.journal()).map((event) => JSON.stringify(event)),
  ].join("\n");
  for (const hidden of [secret, token, json.seed, json.jwt, "eyJ"])
    assert.ok(!written.includes(hidden));
  assert.doesNotMatch(written, /S[UA][A-Z2-7]{56}/);
});
