import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, test } from "node:test";
import { startProvider } from "../support/provider.ts";
import { EVERYONE, makeAccount, makeDir, startService } from "../support/service.ts";

const scope = { after };
const provider = await startProvider(scope, { alg: "ES256" });
const service = await startService(scope, {
  provider,
  policy: EVERYONE,
  accounts: [await makeAccount(await makeDir(scope))],
});
const token = await provider.token();

const BODIES: readonly (readonly [string, string])[] = [
  ["broken JSON", "{"],
  ["a list", "[]"],
  ["null", "null"],
  ["a string", '"x"'],
  ["a number", "7"],
  ["an unknown field", '{"bearer":true}'],
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
];

for (const [what, body] of BODIES) {
  test(`a body with ${what} is refused as it stands`, async () => {
    const response = await fetch(`${service.url}/v1/credentials`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body,
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

test("a token that is not three parts of base64url is malformed", async () => {
  const values = [
    `${token}.`,
    `.${token}`,
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

test("after all of this a good request is served", async () => {
  const { status } = await service.ask(token, { publish: ["orders.new"] });
  assert.equal(status, 200);
  assert.doesNotMatch(service.logs().join("\n"), /unexpected failure/);
});

test("a wrong method is told which are right", async () => {
  for (const [path, method, allowed] of [
    ["/v1/credentials", "GET", "POST"],
    ["/oauth2/token?a=b", "GET", "POST"],
    ["/oauth2/token", "OPTIONS", "POST"],
    ["/healthz", "POST", "GET, HEAD"],
  ] as const) {
    const { status, headers } = await service.request(path, { method });
    assert.deepEqual([status, headers.get("allow")], [405, allowed], path);
  }
});

test("what is refused before its token is looked at is journaled with the digest of that token", async () => {
  const refused = async (body: string, type: string) => {
    const { headers } = await service.request("/v1/credentials", {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": type },
      body,
    });
    return headers.get("x-request-id");
  };
  const ids = [
    await refused("x", "text/plain"),
    await refused('{"ttl_s":1}', "application/json"),
    await refused(`{"${token.slice(0, 40)}":1}`, "application/json"),
  ];
  await service.ask(token); // is recorded, and so is what was noted before
  const events = (await service.journal()).filter(
    (each) => "request_id" in each && ids.includes(each.request_id),
  );
  const token_sha256 = createHash("sha256").update(token).digest("hex");
  for (const event of events)
    assert.equal("token_sha256" in event && event.token_sha256, token_sha256);
  const reasons = events.map((event) => "detail" in event && event.detail["reason"]);
  assert.deepEqual(reasons, [undefined, "body/ttl_s: minimum", "body: additionalProperties"]);
});
