import assert from "node:assert/strict";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { StsError } from "../../src/errors.ts";
import { inspectToken, verify } from "../../src/identity/index.ts";
import { active, dir, ENDPOINT, private_key_file, world } from "./asking.ts";
import { AUDIENCE, NOW_S } from "./support.ts";

test("an opaque token becomes the identity that its issuer tells, asked by the client's secret", async () => {
  const { asked, verifier } = world();
  const identity = await verify("opaque", verifier, NOW_S);
  const { issuer, kind, subject, client, scopes } = identity;
  assert.deepEqual([issuer, kind, subject, client], ["corp", "user", "alice", "desk"]);
  assert.deepEqual(scopes, ["orders.read", "orders.write"]);
  assert.equal(asked[0]?.form.get("token"), "opaque");
  assert.equal(asked[0]?.headers.get("authorization"), `Basic ${btoa("sts:s3cret")}`);
  assert.ok(!("active" in identity.claims));
});

test("a private key signs in place of a secret, and an endpoint can be named", async () => {
  const { asked, outcome } = world({
    config: { introspection: { client_id: "sts", private_key_file, key_id: "k1", url: ENDPOINT } },
  });
  assert.equal(await outcome(), "accepted");
  const assertion = asked[0]?.form.get("client_assertion") ?? "";
  const [header = ""] = assertion.split(".");
  const { alg, kid } = JSON.parse(Buffer.from(header, "base64url").toString());
  assert.deepEqual([alg, kid], ["ES256", "k1"]);
});

const REFUSED: readonly (readonly [string, unknown, string])[] = [
  ["not active", { active: false }, "token_expired"],
  ["active as a word", { ...active(), active: "true" }, "issuer_unavailable"],
  ["for others", active({ aud: "elsewhere" }), "token_audience_mismatch"],
  ["without an audience", active({ aud: undefined }), "token_claims_invalid"],
  ["of another issuer", active({ iss: "https://other.test" }), "issuer_untrusted"],
  ["without an issuer", active({ iss: undefined }), "issuer_untrusted"],
  ["without an end", active({ exp: undefined }), "token_claims_invalid"],
  ["expired", active({ exp: NOW_S - 31, iat: NOW_S - 60 }), "token_expired"],
  ["without a subject", active({ sub: undefined }), "token_claims_invalid"],
  ["a refresh token by its type", { ...active(), token_type: "Refresh" }, "token_type_not_allowed"],
  ["a type that is no word", { ...active(), token_type: ["Bearer"] }, "token_type_not_allowed"],
  ["a refresh token by its use", active({ token_use: "refresh_token" }), "token_type_not_allowed"],
  [
    "a refresh token, which has neither type nor audience",
    { ...active({ aud: undefined }), token_type: undefined },
    "token_claims_invalid",
  ],
  ["an ID token", active({ nonce: "n" }), "token_type_not_allowed"],
  ["bound to a key", active({ cnf: { jkt: "x" } }), "token_binding_invalid"],
  ["of type DPoP", { ...active(), token_type: "DPoP" }, "token_binding_invalid"],
  ["no answer of RFC 7662", { ok: true }, "issuer_unavailable"],
  ["no JSON", () => new Response("<html>"), "issuer_unavailable"],
  ["an error of the issuer", () => new Response("", { status: 500 }), "issuer_unavailable"],
  [
    "a refusal of our client",
    () => Response.json({ error: "invalid_client" }, { status: 401 }),
    "issuer_unavailable",
  ],
  ["an outage", () => Promise.reject(new Error("ECONNREFUSED")), "issuer_unavailable"],
  ["an endless answer", () => new Response("x".repeat(17_000)), "issuer_unavailable"],
];

for (const [name, answer, code] of REFUSED) {
  test(`refused: ${name}`, async () => assert.equal(await world({ answer }).outcome(), code));
}

test("the answer that RFC 7662 section 2.2 shows is enough, also without a time of issue", async () => {
  const { token_type: _, ...answer } = {
    ...active({ client_id: "l238j323ds-23ij4", scope: "read write dolphin", jti: undefined }),
    ...{ username: "jdoe", extension_field: "twenty-seven" },
  };
  assert.equal(await world({ answer }).outcome(), "accepted");
  const timeless = { ...answer, iat: undefined };
  assert.equal(await world({ answer: timeless }).outcome(), "accepted");
  const long = { ...timeless, exp: NOW_S + 90_000 };
  assert.equal(await world({ answer: long }).outcome(), "token_claims_invalid");
  const young = world({ config: { max_token_age_s: 60 }, answer: timeless });
  assert.equal(await young.outcome(), "token_claims_invalid", "its age is not known");
});

test("client and scopes are found by the names of RFC 7662, whatever JWTs of the provider call them", async () => {
  const answer = active({
    client_id: "0oa1",
    sub: "ada@example.com",
    uid: "00u1",
    scope: "orders.read",
  });
  const { verifier } = world({ config: { preset: "okta", clients: ["0oa1"] }, answer });
  const { kind, subject, client, scopes } = await verify("opaque", verifier, NOW_S);
  assert.deepEqual([kind, subject, client, scopes], ["user", "00u1", "0oa1", ["orders.read"]]);
  const named = { ...answer, cid: "0oa2" };
  const other = world({ config: { preset: "okta", clients: ["0oa1"] }, answer: named });
  assert.equal(await other.outcome(), "token_claims_invalid", "its own name for it counts");
});

test("scopes of the configuration count for opaque tokens too", async () => {
  const { outcome } = world({ config: { required_scopes: ["orders.admin"] } });
  assert.equal(await outcome(), "insufficient_scope");
});

test("an answer is kept for a minute, never beyond the token's end, a refusal for five seconds", async () => {
  const long = world();
  await long.outcome();
  long.clock.now_s = NOW_S + 59;
  await long.outcome();
  assert.equal(long.asked.length, 1);
  long.clock.now_s = NOW_S + 60;
  await long.outcome();
  assert.equal(long.asked.length, 2);

  const short = world({ answer: active({ exp: NOW_S + 10 }) });
  await short.outcome();
  short.clock.now_s = NOW_S + 10;
  await short.outcome();
  assert.equal(short.asked.length, 2);

  const none = world({ answer: { active: false } });
  await none.outcome();
  none.clock.now_s = NOW_S + 4;
  await none.outcome();
  assert.equal(none.asked.length, 1);
  none.clock.now_s = NOW_S + 5;
  await none.outcome();
  assert.equal(none.asked.length, 2);
});

test("an outage is not kept, and what is kept helps over it", async () => {
  let up = true;
  const answer = () => (up ? active() : Promise.reject(new Error("down")));
  const { outcome } = world({ answer });
  assert.equal(await outcome("known"), "accepted");
  up = false;
  assert.equal(await outcome("known"), "accepted");
  assert.equal(await outcome("unknown"), "issuer_unavailable");
  up = true;
  assert.equal(await outcome("unknown"), "accepted");
});

test("one question about a token at a time, and not too many about all of them", async () => {
  const { asked, outcome } = world({
    answer: () => new Promise((resolve) => setTimeout(() => resolve(active()), 50)),
  });
  const same = Array.from({ length: 20 }, () => outcome("same"));
  const others = Array.from({ length: 70 }, (_, i) => outcome(`other-${i}`));
  assert.deepEqual(new Set(await Promise.all(same)), new Set(["accepted"]));
  const codes = await Promise.all(others);
  assert.equal(codes.filter((code) => code === "overloaded").length, 7);
  assert.equal(asked.length, 64);
});

test("without an issuer for them, and where they are none, opaque tokens are malformed", async () => {
  const { outcome, asked } = world({ config: { validation: "jwt" } });
  assert.equal(await outcome("opaque"), "token_malformed");
  const taking = world();
  for (const odd of ["", "a b", "ä", "a\nb", "a.b.c"])
    assert.equal(await taking.outcome(odd), "token_malformed");
  assert.equal(await taking.outcome("x".repeat(13_000)), "token_too_large");
  assert.deepEqual([asked.length, taking.asked.length], [0, 0]);
});

test("a secret that others may read is not used, and one that is changed is read anew", async () => {
  const file = join(dir, "changing");
  await writeFile(file, "one");
  await chmod(file, 0o644);
  let refuse = false;
  const { outcome, asked } = world({
    introspection: { client_secret_file: file },
    answer: () => (refuse ? Response.json({ error: "invalid_client" }, { status: 401 }) : active()),
  });
  assert.equal(await outcome(), "issuer_unavailable");
  assert.equal(asked.length, 0);
  await chmod(file, 0o600);
  assert.equal(await outcome("a"), "accepted");
  await writeFile(file, "two");
  refuse = true;
  assert.equal(await outcome("b"), "issuer_unavailable");
  refuse = false;
  assert.equal(await outcome("b"), "accepted");
  assert.equal(asked.at(-1)?.headers.get("authorization"), `Basic ${btoa("sts:two")}`);
});

test("what went wrong names neither the token nor the secret", async () => {
  const { verifier } = world({ answer: () => new Response("s3cret opaque", { status: 502 }) });
  const error = await verify("opaque", verifier, NOW_S).catch((error: unknown) => error);
  assert.ok(error instanceof StsError);
  const said = JSON.stringify(error.detail) + error.message;
  assert.ok(!said.includes("s3cret") && !said.includes("opaque"), said);
});

test("an opaque token can be inspected", async () => {
  const { verdict, checks, issuer } = await inspectToken("opaque", world().verifier, NOW_S);
  assert.ok(!(verdict instanceof StsError));
  assert.equal(issuer?.name, "corp");
  assert.deepEqual(
    checks.find(({ code }) => code !== undefined),
    undefined,
  );
  assert.equal(checks[0]?.name, "active, says the issuer");
});

test(`the audience is ${AUDIENCE}, told by string or list`, async () => {
  assert.equal(await world({ answer: active({ aud: ["x", AUDIENCE] }) }).outcome(), "accepted");
});
