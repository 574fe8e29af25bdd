import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, test } from "node:test";
import { startProvider } from "../support/provider.ts";
import { makeAccount, makeDir, startService } from "../support/service.ts";

const POLICY = `
version: 1
rules:
  - name: everyone
    issuer: corp
    grant: { account: ORDERS, subscribe: [orders.>], publish: [orders.new] }
`;

const scope = { after };
const provider = await startProvider(scope, { alg: "ES256" });
const service = await startService(scope, {
  provider,
  policy: POLICY,
  accounts: [await makeAccount(await makeDir(scope))],
  config: { limits: { request_timeout: "1s" } },
});
const token = await provider.token();

/** Sends bytes as they are and returns everything that comes back until the connection ends. */
async function raw(text: string): Promise<string> {
  const socket = connect(Number(new URL(service.url).port), "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("error", () => {}); // the other side may be done before we are
  socket.write(text);
  await once(socket, "close");
  return Buffer.concat(chunks).toString();
}

const post = (headers: readonly string[], body = "") =>
  raw(
    ["POST /v1/credentials HTTP/1.1", "Host: a", "Connection: close", ...headers, "", body].join(
      "\r\n",
    ),
  );
const bearer = `Authorization: Bearer ${token}`;

const BODIES: readonly (readonly [string, string])[] = [
  ["broken JSON", "{"],
  ["a list", "[]"],
  ["null", "null"],
  ["a string", '"x"'],
  ["a number", "7"],
  ["an unknown field", '{"bearer":true}'],
  ["a prototype", '{"__proto__":{"roles":["x"]}}'],
  ["a constructor", '{"constructor":{"prototype":{}}}'],
  ["a negative ttl_s", '{"ttl_s":-5}'],
  ["a zero ttl_s", '{"ttl_s":0}'],
  ["a ttl_s of less than five", '{"ttl_s":4}'],
  ["a fractional ttl_s", '{"ttl_s":30.5}'],
  ["a ttl_s in a string", '{"ttl_s":"30"}'],
  ["a ttl_s that is no number", '{"ttl_s":null}'],
  ["roles that are no list", '{"roles":"reader"}'],
  ["an empty list of roles", '{"roles":[]}'],
  ["roles that are no strings", '{"roles":[1]}'],
  ["an empty subject", '{"publish":[""]}'],
  ["a nested list", '{"publish":[["orders.new"]]}'],
  ["an account that is no string", '{"account":{}}'],
  ["a key that is no string", '{"user_public_key":1}'],
  ["deep nesting", `{"account":${"[".repeat(20_000)}${"]".repeat(20_000)}}`],
  ["bytes that are not UTF-8", '{"account":"\xff"}'],
];

for (const [what, body] of BODIES) {
  test(`a body with ${what} is refused as it stands`, async () => {
    const response = await fetch(`${service.url}/v1/credentials`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: Buffer.from(body, "latin1"),
    });
    const json = (await response.json()) as { code: string };
    assert.deepEqual([response.status, json.code], [400, "request_invalid"]);
  });
}

const SUBJECTS = [
  "orders..new",
  ".orders",
  "orders.",
  "orders new",
  "orders.>.x",
  "ord>",
  ">",
  "*",
  "$SYS.>",
  "_INBOX.>",
  "orders.new\n",
  "orders.{client_id}",
  "orders.new\u0000",
  "orders.*",
];

test("a subject that is not covered, or none at all, is never granted", async () => {
  for (const subject of SUBJECTS) {
    const { status, json } = await service.ask(token, { publish: [subject] });
    assert.deepEqual([status, json.code], [403, "permission_not_granted"], JSON.stringify(subject));
  }
});

test("two Authorization lines are refused, whichever one is good", async () => {
  for (const lines of [
    [bearer, "Authorization: Bearer x"],
    ["authorization: Bearer x", bearer],
    [bearer, bearer],
  ]) {
    assert.match(await post(lines), /^HTTP\/1\.1 400 [\s\S]*"code":"request_invalid"/);
  }
});

test("a token anywhere but in the header is not looked at", async () => {
  for (const [path, body, type] of [
    [`/v1/credentials?access_token=${token}`, "", "text/plain"],
    ["/v1/credentials", `access_token=${token}`, "application/x-www-form-urlencoded"],
    ["/v1/credentials", JSON.stringify({ access_token: token }), "application/json"],
  ] as const) {
    const headers = { "content-type": type, cookie: `access_token=${token}` };
    const { status, json } = await service.request(path, { method: "POST", headers, body });
    assert.deepEqual([status, json.code], [401, "token_missing"]);
  }
});

test("what is neither a bearer token nor one with a proof is told to send one", async () => {
  for (const value of [
    "",
    "Bearer",
    "Bearer ",
    "Basic dTpw",
    `Token ${token}`,
    "DPoP",
    `DPoPX ${token}`,
    token,
  ]) {
    const { status, json } = await service.request("/v1/credentials", {
      method: "POST",
      headers: { authorization: value },
    });
    assert.deepEqual([status, json.code], [401, "token_missing"], value.slice(0, 10));
  }
});

test("a token with anything around or within it is malformed", async () => {
  const values = [
    `${token} x`,
    `${token}, ${token}`,
    `"${token}"`,
    `${token}.`,
    `.${token}`,
    `${token}=`,
    token.replace(".", ".."),
    "a.b",
    "a.b.c",
    "..",
    "é.b.c",
  ];
  for (const value of values) {
    const { status, json } = await service.ask(Buffer.from(value).toString("latin1"));
    assert.deepEqual([status, json.code], [401, "token_malformed"], value.slice(0, 10));
  }
});

test("a request that does not arrive in time is ended", async () => {
  const started = performance.now();
  const answer = await raw("POST /v1/credentials HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n");
  assert.match(answer, /^HTTP\/1\.1 400 /);
  assert.ok(performance.now() - started < 5_000);
});

test("what is not HTTP is answered, and the connection ends", async () => {
  for (const text of [
    "\r\n\r\nhello\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n",
    "GET /\u0000 HTTP/1.1\r\nHost: a\r\n\r\n",
  ]) {
    assert.match(await raw(text), /^HTTP\/1\.1 400 [\s\S]*"code":"request_invalid"/);
  }
});

test("headers over the limit are answered by us", async () => {
  const answer = await post([`X-Long: ${"x".repeat(20_000)}`]);
  assert.match(answer, /^HTTP\/1\.1 431 [\s\S]*"code":"headers_too_large"/);
});

test("after all of this a good request is served", async () => {
  const { status } = await service.ask(token, { publish: ["orders.new"] });
  assert.equal(status, 200);
  assert.doesNotMatch(service.logs().join("\n"), /unexpected failure/);
});
