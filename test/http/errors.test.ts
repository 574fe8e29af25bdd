import assert from "node:assert/strict";
import { STATUS_CODES } from "node:http";
import { after, test } from "node:test";
import { createUser } from "@nats-io/nkeys";
import { ERRORS, type ErrorCode, StsError } from "../../src/errors.ts";
import { proofText } from "../../src/keys/index.ts";
import { dpopKey } from "../support/dpop.ts";
import { startProvider } from "../support/provider.ts";
import { newSigningKey } from "../support/provider-keys.ts";
import type { Forgery } from "../support/provider-tokens.ts";
import { type Answer, makeAccount, makeDir, startService } from "../support/service.ts";
import {
  behindFails,
  type Door,
  doorsOf,
  encoded,
  exchangeOf,
  postForm,
  type Wishes,
} from "./doors.ts";

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
  - { name: single, issuer: single, roles: [reader] }
`;

const scope = { after };
const dir = await makeDir(scope);
const [provider, absent, single] = await Promise.all([
  startProvider(scope, { alg: "ES256" }),
  startProvider(scope, { alg: "ES256" }),
  startProvider(scope, { alg: "ES256" }),
]);
const issuer = { preset: "generic", audience: "nats-sts", insecure_http: true };
const service = await startService(scope, {
  provider,
  policy: POLICY,
  accounts: [await makeAccount(dir), await makeAccount(dir, "BILLING")],
  config: {
    dpop: { nonce: "required" },
    admin_audience: "nats-sts-admin",
    issuers: [
      { ...issuer, name: "corp", url: provider.issuer, required_scopes: ["orders.read"] },
      { ...issuer, name: "absent", url: absent.issuer },
      { ...issuer, name: "single", url: single.issuer, token_use: "once" },
    ],
  },
});
await absent.stop();

const { v1, oauth } = doorsOf(service);

/** How an error comes about at a door. */
type Cause = (door: Door) => Promise<Answer>;
/** At one door at least. */
type Causes =
  | { readonly v1: Cause; readonly oauth?: Cause }
  | { readonly v1?: Cause; readonly oauth: Cause };

/** The same at both doors. */
const both = (cause: Cause) => ({ v1: cause, oauth: cause });
const withToken = (forgery: Forgery) =>
  both(async (door) => door.ask(await provider.forge(forgery)));
const withClaims = (payload: Record<string, unknown>) => withToken({ payload });
const bySubject = (sub: string, wishes?: Wishes) =>
  both(async (door) => {
    const token = await provider.forge({ payload: { sub, client_id: sub } });
    return door.ask(token, wishes);
  });
const failing = (error: unknown, stopping = false) =>
  both((door) => behindFails(door.path, error, stopping));
const exchange = async (more: Record<string, string | undefined>, headers = {}) =>
  postForm(service, encoded(exchangeOf(await provider.forge(), more)), headers);

/** At the door of administration, by somebody who has a token for it and no right. */
async function administer(): Promise<Answer> {
  const token = await provider.forge({ payload: { aud: "nats-sts-admin" } });
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${service.admin_url}/v1/journal`, { headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) };
}

const holder = await dpopKey();
const key = createUser();
const ownKey = (token: string) => ({
  user_public_key: key.getPublicKey(),
  user_key_proof: Buffer.from(key.sign(Buffer.from(proofText(service.public_url, token)))).toString(
    "base64url",
  ),
});

/** How each error comes about. A code without a row does not compile. */
const CAUSES: Readonly<Record<ErrorCode, Causes>> = {
  request_invalid: both(async (door) =>
    door.ask(await provider.forge(), { user_key_proof: "without a key" }),
  ),
  token_missing: {
    v1: () => service.request("/v1/credentials", { method: "POST" }),
    oauth: () => exchange({ subject_token: undefined }),
  },
  token_malformed: both((door) => door.ask("not-a-jwt")),
  token_too_large: withClaims({ padding: "x".repeat(10_000) }),
  issuer_untrusted: withClaims({ iss: "https://elsewhere.test" }),
  token_algorithm_not_allowed: withToken({ header: { alg: "HS256" }, key: new Uint8Array(32) }),
  token_type_not_allowed: withToken({ header: { typ: "logout+jwt" } }),
  token_signature_invalid: withToken({ key: await newSigningKey("ES256") }),
  token_audience_mismatch: withClaims({ aud: "another-service" }),
  token_expired: withClaims({ iat: 1_700_000_000, exp: 1_700_000_300 }),
  token_not_yet_valid: withClaims({ nbf: Math.floor(Date.now() / 1000) + 120 }),
  token_claims_invalid: withClaims({ sub: undefined }),
  token_replayed: both(async (door) => {
    const token = await single.forge();
    assert.equal((await door.ask(token)).status, 200);
    return door.ask(token);
  }),
  token_binding_invalid: withClaims({ cnf: { jkt: "thumbprint" } }),
  dpop_nonce_required: both(async (door) => {
    const token = await provider.forge({ payload: { cnf: { jkt: holder.jkt } } });
    const dpop = await holder.proof(`${service.public_url}${door.path}`, token);
    const authorization = `DPoP ${token}`;
    return door.ask(token, {}, { dpop, ...(door === v1 && { authorization }) });
  }),
  admin_not_granted: { v1: () => administer() },
  insufficient_scope: withClaims({ scope: "orders.write" }),
  no_rule_matched: bySubject("nobody"),
  account_required: bySubject("both"),
  account_not_granted: bySubject("worker", { account: "BILLING" }),
  role_not_granted: bySubject("worker", { roles: ["many"] }),
  permission_not_granted: {
    v1: async () => service.ask(await provider.forge(), { publish: ["orders.new"] }),
  },
  roles_conflict: bySubject("torn"),
  permissions_too_large: bySubject("many"),
  user_key_invalid: bySubject("worker", { user_public_key: "U", user_key_proof: "x" }),
  user_key_proof_invalid: bySubject("worker", { user_public_key: key.getPublicKey() }),
  user_key_in_use: both(async (door) => {
    const mine = await provider.forge();
    assert.equal((await door.ask(mine, ownKey(mine))).status, 200);
    const other = await provider.forge({ payload: { sub: "other", client_id: "other" } });
    return door.ask(other, ownKey(other));
  }),
  grant_type_unsupported: { oauth: () => exchange({ grant_type: "client_credentials" }) },
  target_invalid: { oauth: () => exchange({ resource: "https://elsewhere.test" }) },
  client_auth_unsupported: { oauth: () => exchange({}, { authorization: "Basic dTpw" }) },
  not_found: { v1: () => service.request("/v1/nothing") },
  method_not_allowed: both((door) => service.request(door.path)),
  not_acceptable: {
    v1: async () => service.ask(await provider.forge(), undefined, { accept: "image/png" }),
  },
  body_too_large: both(async (door) =>
    door.ask(await provider.forge(), { account: "x".repeat(70_000) }),
  ),
  content_type_unsupported: both(async (door) =>
    door.ask(await provider.forge(), { account: "A" }, { "content-type": "text/plain" }),
  ),
  headers_too_large: both((door) =>
    service.request(door.path, { method: "POST", headers: { "x-long": "x".repeat(20_000) } }),
  ),
  // What brings these about is in limits, overload, e2e/trouble and faults/shutdown; here is what is said.
  rate_limited: failing(new StsError("rate_limited", { by: "identity", retry_after_s: 7 })),
  issuer_unavailable: both(async (door) => door.ask(await absent.forge())),
  journal_unavailable: failing(new StsError("journal_unavailable")),
  signer_unavailable: failing(new StsError("signer_unavailable")),
  overloaded: failing(new StsError("overloaded")),
  clock_unreliable: failing(new StsError("clock_unreliable")),
  shutting_down: failing(new Error("not reached"), true),
  internal: failing(new TypeError("undefined is not a function")),
};

const ROWS = Object.entries(CAUSES) as [ErrorCode, Causes][]; // the keys of a record of ours

/** What every answer with an error has in common. Returns its request id. */
function assertRefused({ headers }: Answer, status: number, type: string): string {
  assert.equal(headers.get("content-type"), type);
  assert.equal(headers.get("cache-control"), "no-store");
  assert.equal(headers.has("retry-after"), status === 429 || status === 503);
  const request_id = headers.get("x-request-id") ?? "";
  assert.match(request_id, /^[0-9a-f-]{36}$/);
  return request_id;
}

for (const [code, { v1: cause }] of ROWS.filter(([, causes]) => causes.v1)) {
  const { status, say } = ERRORS[code];
  test(`${code} is answered with ${status} and its constant sentence`, async () => {
    const answer = await cause?.(v1);
    assert.ok(answer);
    assert.equal(answer.status, status, answer.text);
    const request_id = assertRefused(answer, status, "application/problem+json");
    const title = STATUS_CODES[status];
    const body = { type: "about:blank", title, status, detail: say, code, request_id };
    assert.deepEqual(answer.json, body);
    const challenged = status === 401 || code === "insufficient_scope";
    assert.equal(answer.headers.has("www-authenticate"), challenged);
  });
}

/** Written out once more, so that the mapping is not compared with itself. */
const OAUTH_STATUS: Readonly<Record<number, number>> = { 400: 400, 401: 400, 403: 400, 409: 400 };

for (const [code, { oauth: cause }] of ROWS.filter(([, causes]) => causes.oauth)) {
  const { status: row_status, oauth: error, say } = ERRORS[code];
  const status =
    code === "client_auth_unsupported" ? 401 : (OAUTH_STATUS[row_status] ?? row_status);
  test(`${code} is answered to an OAuth client with ${status} ${error}`, async () => {
    const answer = await cause?.(oauth);
    assert.ok(answer);
    assert.equal(answer.status, status, answer.text);
    const request_id = assertRefused(answer, status, "application/json");
    assert.deepEqual(answer.json, { error, error_description: say, code, request_id });
    assert.equal(answer.headers.get("pragma"), "no-cache");
    const challenge = status === 401 ? 'Basic realm="nats-sts"' : null;
    assert.equal(answer.headers.get("www-authenticate"), challenge);
  });
}

test("a 401 without a token says only where to learn more", async () => {
  const { headers } = await service.request("/v1/credentials", { method: "POST" });
  const metadata = `resource_metadata="${service.public_url}/.well-known/oauth-protected-resource"`;
  assert.equal(headers.get("www-authenticate"), `Bearer ${metadata}`);
});

test("a 401 for a bad token says that it is the token", async () => {
  const { headers } = await service.ask(await provider.forge({ payload: { exp: 1_700_000_300 } }));
  assert.match(
    headers.get("www-authenticate") ?? "",
    /^Bearer error="invalid_token", error_description="[^"]+", resource_metadata="[^"]+"$/,
  );
});

test("a missing scope is named in the challenge", async () => {
  const { headers } = await service.ask(await provider.forge({ payload: { scope: "x" } }));
  assert.match(
    headers.get("www-authenticate") ?? "",
    /^Bearer error="insufficient_scope", scope="orders.read", /,
  );
});

test("a refusal is explained to the operator: the trace is in the journal, under the request id", async () => {
  const { json } = await v1.ask(
    await provider.forge({ payload: { sub: "nobody", client_id: "nobody" } }),
  );
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
      ["single", "issuer"],
    ],
  );
  const line = service
    .logs()
    .find((text) => text.includes('"msg":"refused"') && text.includes(json.request_id));
  const { code, trace, identity } = JSON.parse(line ?? "{}");
  assert.deepEqual([code, trace, identity], [event.code, event.trace, event.identity?.digest]);
});

test("no token, seed or claim value is in the log or the journal after all of this", async () => {
  const secret = `claim-value-${Math.random()}`;
  const token = await provider.forge({ payload: { secret, groups: [secret] } });
  await service.ask(`${token}x`);
  await service.ask(token, { surprise: secret });
  await oauth.ask(token);
  await oauth.ask(token, { account: secret });
  await exchange({ subject_token: `${token}x`, surprise: secret });
  const { json } = await service.ask(token); // recorded, and with it everything that was noted before
  const written = [
    ...service.logs(),
    ...(await service.journal()).map((event) => JSON.stringify(event)),
  ].join("\n");
  for (const hidden of [secret, token, json.seed, json.jwt, "eyJ"])
    assert.ok(!written.includes(hidden));
  assert.doesNotMatch(written, /S[UA][A-Z2-7]{56}/);
});
