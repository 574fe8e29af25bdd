import assert from "node:assert/strict";
import { test } from "node:test";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { type Provider, startProvider } from "./provider.ts";
import type { Alg } from "./provider-keys.ts";

const ALGS: readonly Alg[] = ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"];

/** What a careful reader of tokens does, from the issuer alone. */
async function check({ issuer, audience }: Provider, token: string) {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`);
  // `as`: the assertion below and the fetch of the keys would fail on anything else.
  const { issuer: named, jwks_uri } = (await response.json()) as Record<string, string>;
  assert.equal(named, issuer);
  const keys = createRemoteJWKSet(new URL(String(jwks_uri)));
  return (await jwtVerify(token, keys, { issuer, audience, typ: "at+jwt" })).payload;
}

for (const alg of ALGS) {
  test(`a client gets a JWT access token signed with ${alg}, and a forged one verifies too`, async (t) => {
    const provider = await startProvider(t, { alg });
    const token = await provider.token();
    assert.equal(decodeProtectedHeader(token).alg, alg);
    assert.equal((await check(provider, token)).sub, "worker");
    await check(provider, await provider.forge());
  });
}

test("claims, scopes, lifetime, audience and path are as asked for", async (t) => {
  const clients = [{ id: "ci", claims: { tenant: "acme", list: [1, true] }, ttl_s: 60 }];
  const options = { path: "/realms/a", scopes: ["a", "b"], clients, audience: "https://sts.test" };
  const provider = await startProvider(t, options);
  const claims = await check(provider, await provider.token({ client: "ci", scope: "b c" }));
  assert.deepEqual([claims["tenant"], claims["list"]], ["acme", [1, true]]);
  assert.deepEqual([claims["scope"], claims["client_id"]], ["b", "ci"]);
  assert.equal(Number(claims.exp) - Number(claims.iat), 60);
  assert.deepEqual(provider.requests, { discovery: 1, jwks: 1 });
  await assert.rejects(provider.token({ client: "stranger" }), /invalid_client/);
});

test("a forged token lacks what was taken away and has what was put in", async (t) => {
  const provider = await startProvider(t);
  const forged = await provider.forge({ header: { typ: "JWT" }, payload: { exp: undefined } });
  await assert.rejects(check(provider, forged), { code: "ERR_JWT_CLAIM_VALIDATION_FAILED" });
  const expired = await provider.forge({ payload: { exp: 1 } });
  await assert.rejects(check(provider, expired), { code: "ERR_JWT_EXPIRED" });
  const key = new TextEncoder().encode("public");
  const hmac = await provider.forge({ header: { alg: "HS256" }, key });
  assert.equal(decodeProtectedHeader(hmac).alg, "HS256");
});

test("rotate puts in a new key and drops the old one, or keeps it", async (t) => {
  const provider = await startProvider(t);
  const [old, kid] = [await provider.token(), provider.signingKey().kid];
  await provider.rotate({ keep_old: true });
  assert.notEqual(provider.signingKey().kid, kid);
  await check(provider, old);
  await check(provider, await provider.token());
  await provider.rotate();
  await check(provider, await provider.token());
  await assert.rejects(check(provider, old), { code: "ERR_JWKS_NO_MATCHING_KEY" });
});

test("an outage ends where it began", async (t) => {
  const provider = await startProvider(t);
  const token = await provider.token();
  await provider.stop();
  await assert.rejects(check(provider, token), /fetch failed/);
  await provider.start();
  await check(provider, token);

  provider.intercept((_request, response) => Boolean(response.writeHead(500).end("no")));
  await assert.rejects(check(provider, token));
  provider.intercept();
  await check(provider, token);
});
