import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startProvider } from "../support/provider.ts";
import { type Answer, EVERYONE, makeAccount, makeDir, startService } from "../support/service.ts";
import { encoded, exchangeOf, postForm, TOKEN_EXCHANGE } from "./doors.ts";

const scope = { after };
const provider = await startProvider(scope, { alg: "ES256" });
const accounts = [await makeAccount(await makeDir(scope))];
const service = await startService(scope, { provider, policy: EVERYONE, accounts });
const token = await provider.token();
const GOOD = encoded(exchangeOf(token));

const post = (body: string | Buffer, headers?: Record<string, string>) =>
  postForm(service, body, headers);
/** Status, OAuth error and our own code. */
const refusal = ({ status, json }: Answer) => [status, json.error, json.code];
const INVALID = [400, "invalid_request", "request_invalid"];

test("unknown parameters, an id of the client and empty ones change nothing", async () => {
  for (const more of [
    "x=1",
    "client_id=worker&client_secret=x",
    "scope=&audience=&resource=&ttl_s=&user_public_key=&user_key_proof=&requested_token_type=",
    "actor_token=&actor_token_type",
    "__proto__=x&constructor=y&toString=z",
    `${"n".repeat(128)}=${"v".repeat(10_000)}`,
    "%F0%9F%98%80=%00%0A",
  ]) {
    const { status, text } = await post(`${GOOD}&${more}`);
    assert.equal(status, 200, `${more.slice(0, 80)}: ${text}`);
  }
});

const AMISS: readonly (readonly [string, string | Buffer])[] = [
  ["nothing", ""],
  ["half a percent-encoding", `${GOOD}&x=%4`],
  ["a percent-encoding of no digits", `${GOOD}&x=%zz`],
  ["a lone percent sign", `${GOOD}&%`],
  ["bytes that are not UTF-8", `${GOOD}&x=%ff`],
  ["an overlong encoding", `${GOOD}&x=%c0%af`],
  ["a surrogate", `${GOOD}&x=%ed%a0%80`],
  ["raw bytes beyond ASCII", Buffer.from(`${GOOD}&x=é`)],
  ["a line break", `${GOOD}\n`],
  ["a NUL", `${GOOD}&x=\0`],
  ["a field without a name", `${GOOD}&=1`],
  ["an empty field", `${GOOD}&&x=1`],
  ["an ampersand at its end", `${GOOD}&`],
  ["a name too long", `${GOOD}&${"n".repeat(129)}=1`],
  ["too many fields", GOOD + Array.from({ length: 64 }, (_, i) => `&x${i}=`).join("")],
  ["an unknown parameter twice", `${GOOD}&x=1&x=2`],
  ["grant_type twice", `${GOOD}&grant_type=${encodeURIComponent(TOKEN_EXCHANGE)}`],
  ["subject_token twice", `${GOOD}&subject_token=${token}`],
  ["scope twice", `${GOOD}&scope=everyone&scope=everyone`],
  ["ttl_s twice, one of them empty", `${GOOD}&ttl_s=30&ttl_s=`],
  ["a target and another parameter twice", `${GOOD}&audience=A&audience=B&x=1&x=2`],
  ["no grant_type", encoded(exchangeOf(token, { grant_type: undefined }))],
  ["no subject_token_type", encoded(exchangeOf(token, { subject_token_type: undefined }))],
  ["an actor", `${GOOD}&actor_token=${token}`],
  ["the type of an actor", `${GOOD}&actor_token_type=x`],
  ["a proof without a key", `${GOOD}&user_key_proof=x`],
  ...["4", "0", "-5", "5.5", "05", "+30", "0x1e", "1e3", " 30", "30 ", "thirty", "9999999999"].map(
    (text) => [`a ttl_s of "${text}"`, `${GOOD}&ttl_s=${encodeURIComponent(text)}`] as const,
  ),
  ["JSON in the clothes of a form", JSON.stringify(exchangeOf(token))],
];

for (const [what, body] of AMISS) {
  test(`a form with ${what} is refused as it stands`, async () => {
    assert.deepEqual(refusal(await post(body)), INVALID);
  });
}

test("a target is named at most once, and it is this service", async () => {
  const target = [400, "invalid_target", "target_invalid"];
  const here = encodeURIComponent(service.public_url);
  for (const more of [
    "audience=ORDERS&audience=ORDERS",
    `resource=${here}&resource=${here}`,
    "resource=https%3A%2F%2Felsewhere.test",
    `resource=${here}%2F`,
    `resource=${here}%23a`,
  ])
    assert.deepEqual(refusal(await post(`${GOOD}&${more}`)), target, more);
  assert.equal((await post(`${GOOD}&resource=${here}&audience=ORDERS`)).status, 200);
  for (const audience of ["orders", "ORDERS%00", "ORDERS%20", "..", "*"]) {
    const answer = await post(`${GOOD}&audience=${audience}`);
    assert.deepEqual(refusal(answer), [400, "invalid_target", "account_not_granted"], audience);
  }
});

test("a scope is the names of held roles, and anything else is an invalid scope", async () => {
  assert.equal((await post(`${GOOD}&scope=everyone`)).json.scope, "everyone");
  for (const words of [
    ...["nobody", "everyone+nobody", "everyone++everyone", "+everyone", "everyone+", "+"],
    ...["every%0Aone", "%22everyone%22", Array(101).fill("everyone").join("+")],
  ]) {
    const answer = await post(`${GOOD}&scope=${words}`);
    assert.deepEqual(refusal(answer), [400, "invalid_scope", "role_not_granted"], words);
  }
});

test("a subject token that is no token is malformed, however it is dressed", async () => {
  for (const subject_token of [`${token} `, `Bearer ${token}`, `${token}\0`, "a.b.c", "{}"]) {
    const answer = await post(encoded(exchangeOf(subject_token)));
    assert.deepEqual(refusal(answer), [400, "invalid_request", "token_malformed"]);
  }
});

test("no other content type is read, and an empty body is a form without parameters", async () => {
  for (const type of ["application/json", "text/plain", "multipart/form-data; boundary=x", ""]) {
    const answer = await post(GOOD, { "content-type": type });
    const [status, error, code] = refusal(answer);
    assert.deepEqual([status, error, code], [415, "invalid_request", "content_type_unsupported"]);
    if (type !== "") assert.deepEqual(refusal(await post("", { "content-type": type })), INVALID);
  }
  const upper = "Application/X-WWW-Form-Urlencoded; charset=UTF-8";
  assert.equal((await post(GOOD, { "content-type": upper })).status, 200);
});

test("a form is read at the token endpoint alone", async () => {
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/x-www-form-urlencoded",
  };
  const init = { method: "POST", headers, body: "account=ORDERS" };
  const { status, json } = await service.request("/v1/credentials", init);
  assert.deepEqual([status, json.code], [415, "content_type_unsupported"]);
});

test("whoever authenticates is told not to, be it with a good token", async () => {
  for (const authorization of ["Basic dTpw", `Bearer ${token}`, "x", ""]) {
    const answer = await post(GOOD, { authorization });
    assert.deepEqual(refusal(answer), [401, "invalid_client", "client_auth_unsupported"]);
    assert.equal(answer.headers.get("www-authenticate"), 'Basic realm="nats-sts"');
  }
});

test("parameters in the query are not looked at", async () => {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const init = { method: "POST", headers };
  const empty = await service.request(`/oauth2/token?${GOOD}`, init);
  assert.deepEqual(refusal(empty), INVALID);
  const both = await service.request("/oauth2/token?scope=nobody", { ...init, body: GOOD });
  assert.equal(both.status, 200);
});

test("nothing of all this was unexpected, and no token is in the log", async () => {
  const log = service.logs().join("\n");
  assert.doesNotMatch(log, /unexpected failure|eyJ/);
});
