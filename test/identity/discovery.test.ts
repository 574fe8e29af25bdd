import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { trustedIssuers } from "../../src/identity/index.ts";
import { STALE_LIMIT_S } from "../../src/identity/jwks.ts";
import type { Scope } from "../support/project.ts";
import { startProvider } from "../support/provider.ts";
import {
  claimsOf,
  ISSUER,
  issuerConfig,
  keysOf,
  NOW_S,
  network,
  outcomeOf,
  publicOf,
  refusalOf,
  type Site,
  sign,
  siteOf,
} from "./support.ts";

const { ES256: key } = await keysOf("ES256");
const token = await sign(key, claimsOf());
const DISCOVERY = `${ISSUER}/.well-known/openid-configuration`;
const GOOD = siteOf(ISSUER, [publicOf(key)]);

function verifierFor(site: Site) {
  const { fetch, asked } = network(() => site);
  const issuers = trustedIssuers([issuerConfig()], fetch, () => NOW_S);
  return { asked, verifier: { issuers, token_limit_bytes: 12_288, clock_skew_s: 30 } };
}

test("discovery leads to the key set, each asked once", async () => {
  const { asked, verifier } = verifierFor(GOOD);
  assert.equal(await outcomeOf(token, verifier), "accepted");
  assert.equal(await outcomeOf(token, verifier), "accepted");
  assert.deepEqual(asked, [DISCOVERY, `${ISSUER}/jwks`]);
});

const evil = "https://evil.test/jwks";
const BAD: Readonly<Record<string, readonly [site: Site, reason: RegExp]>> = {
  "no discovery": [{ [DISCOVERY]: undefined }, /./],
  "discovery that answers 500": [{ [DISCOVERY]: () => new Response("x", { status: 500 }) }, /./],
  "discovery that is garbage": [{ [DISCOVERY]: () => new Response("<html>") }, /./],
  "discovery that is a list": [{ [DISCOVERY]: [] }, /./],
  "discovery that names another issuer": [
    { [DISCOVERY]: { issuer: "https://evil.test", jwks_uri: evil } },
    /./,
  ],
  "discovery that spells the issuer otherwise": [
    { [DISCOVERY]: { issuer: `${ISSUER}/`, jwks_uri: `${ISSUER}/jwks` } },
    /names another issuer/,
  ],
  "discovery without jwks_uri": [{ [DISCOVERY]: { issuer: ISSUER } }, /no jwks_uri/],
  "a jwks_uri that is no string": [{ [DISCOVERY]: { issuer: ISSUER, jwks_uri: [evil] } }, /./],
  "a jwks_uri that is http": [
    { [DISCOVERY]: { issuer: ISSUER, jwks_uri: "http://idp.test/jwks" } },
    /not https/,
  ],
  "a jwks_uri that is a file": [
    { [DISCOVERY]: { issuer: ISSUER, jwks_uri: "file:///etc/passwd" } },
    /not https/,
  ],
  "a key set that answers 500": [
    { [`${ISSUER}/jwks`]: () => Response.json({ keys: [publicOf(key)] }, { status: 500 }) },
    /answers 500/,
  ],
  "a key set that is garbage": [
    { [`${ISSUER}/jwks`]: () => new Response("oops") },
    /^the key set is not JSON$/,
  ],
  "a key set that is a list": [{ [`${ISSUER}/jwks`]: [publicOf(key)] }, /no key set/],
  "a key set without keys": [{ [`${ISSUER}/jwks`]: { keys: [] } }, /no usable key/],
  "a key set of 10,000 keys": [
    { [`${ISSUER}/jwks`]: { keys: Array(10_000).fill({ kty: "EC" }) } },
    /more than 100 keys/,
  ],
  "a network that fails": [
    {
      [DISCOVERY]: () => {
        throw Object.assign(new Error(""), { code: "ECONNREFUSED" });
      },
    },
    /ECONNREFUSED/,
  ],
};

for (const [name, [site, reason]] of Object.entries(BAD)) {
  test(`${name}: the issuer is unavailable, and nothing else is asked`, async () => {
    const { asked, verifier } = verifierFor({ ...GOOD, ...site });
    const { code, detail } = await refusalOf(token, verifier);
    assert.equal(code, "issuer_unavailable");
    assert.match(String(detail["reason"]), reason);
    assert.ok(
      asked.every((url) => url.startsWith(`${ISSUER}/`)),
      asked.join(),
    );
  });
}

const WITHDRAWALS: Readonly<Record<string, readonly [site: Site, code: string]>> = {
  "an empty key set": [{ [`${ISSUER}/jwks`]: { keys: [] } }, "issuer_unavailable"],
  "a key set of other kinds": [
    { [`${ISSUER}/jwks`]: { keys: [{ kty: "oct", k: "AAAA" }] } },
    "issuer_unavailable",
  ],
  "the name of another issuer": [
    { [DISCOVERY]: { issuer: "https://evil.test", jwks_uri: evil } },
    "issuer_unavailable",
  ],
  "another spelling of the issuer": [
    { [DISCOVERY]: { issuer: `${ISSUER}/`, jwks_uri: `${ISSUER}/jwks` } },
    "issuer_unavailable",
  ],
  "410 for discovery": [
    { [DISCOVERY]: () => new Response("", { status: 410 }) },
    "issuer_unavailable",
  ],
  "410 for the key set": [
    { [`${ISSUER}/jwks`]: () => new Response("", { status: 410 }) },
    "issuer_unavailable",
  ],
  // What is in front of a provider says so as well, while the provider restarts.
  "404 for discovery": [{ [DISCOVERY]: undefined }, "accepted"],
  "404 for the key set": [{ [`${ISSUER}/jwks`]: undefined }, "accepted"],
  "500 for the key set": [
    { [`${ISSUER}/jwks`]: () => new Response("", { status: 500 }) },
    "accepted",
  ],
  "garbage for discovery": [{ [DISCOVERY]: () => new Response("<html>") }, "accepted"],
  "garbage for the key set": [{ [`${ISSUER}/jwks`]: { key: [] } }, "accepted"],
};

for (const [name, [answers, code]] of Object.entries(WITHDRAWALS)) {
  test(`a provider whose keys are known and that answers ${name}: ${code}`, async () => {
    const now = { s: NOW_S };
    let site: Site = GOOD;
    const { fetch } = network(() => site);
    const issuers = trustedIssuers([issuerConfig()], fetch, () => now.s);
    const verifier = { issuers, token_limit_bytes: 12_288, clock_skew_s: 30 };
    assert.equal(await outcomeOf(token, verifier), "accepted");
    site = { ...GOOD, ...answers };
    now.s += 3601;
    const claims = claimsOf({ iat: now.s, exp: now.s + 300 });
    assert.equal(await outcomeOf(await sign(key, claims), verifier, now.s), code);
  });
}

test("no token makes us ask anybody who is not configured", async () => {
  const { asked, verifier } = verifierFor(GOOD);
  const issuers = [
    "https://evil.test",
    "http://169.254.169.254/",
    "https://idp.test@evil.test",
    "file:///etc/passwd",
    `${ISSUER}/../x`,
  ];
  for (const iss of issuers)
    assert.equal(await outcomeOf(await sign(key, claimsOf({ iss })), verifier), "issuer_untrusted");
  const header = { jku: evil };
  assert.equal(await outcomeOf(await sign(key, claimsOf(), header), verifier), "token_malformed");
  assert.deepEqual(asked, []);
});

/** A server whose every answer the test writes itself. */
async function serve(scope: Scope, answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  scope.after(() => {
    server.close();
    server.closeAllConnections();
  });
  // `as`: only a server on a pipe has a string here.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The real fetch against a real provider, with the provider's own clock. */
async function real(scope: Scope) {
  const provider = await startProvider(scope, { alg: "ES256" });
  const clock = { ahead_s: 0 };
  const now_s = () => Math.floor(Date.now() / 1000) + clock.ahead_s;
  const config = issuerConfig({ url: provider.issuer, insecure_http: true });
  const verifier = {
    issuers: trustedIssuers([config], fetch, now_s),
    token_limit_bytes: 12_288,
    clock_skew_s: 30,
  };
  const outcome = async () => {
    const [iat, exp] = [now_s(), now_s() + 300];
    return outcomeOf(await provider.forge({ payload: { iat, exp } }), verifier, now_s());
  };
  return { provider, clock, outcome };
}

test("a redirect is not followed", async (t) => {
  const { provider, outcome } = await real(t);
  const asked: unknown[] = [];
  const other = await serve(t, (request, response) => {
    asked.push(request.url);
    response.end("{}");
  });
  provider.intercept((_, response) => Boolean(response.writeHead(302, { location: other }).end()));
  assert.equal(await outcome(), "issuer_unavailable");
  assert.deepEqual(asked, []);
});

test("an endless key set is cut off, and memory stays flat", async (t) => {
  const { provider, outcome } = await real(t);
  const chunk = Buffer.alloc(256 * 1024, " ");
  let sent_bytes = 0;
  provider.intercept((request, response) => {
    if (!request.url?.endsWith("/jwks")) return false;
    const more = () => {
      while (!response.destroyed && sent_bytes < 512 * 1024 * 1024) {
        sent_bytes += chunk.length;
        if (!response.write(chunk)) return void response.once("drain", more);
      }
    };
    more();
    return true;
  });
  const before = process.memoryUsage().rss;
  assert.equal(await outcome(), "issuer_unavailable");
  assert.ok(sent_bytes < 64 * 1024 * 1024, `${sent_bytes} bytes were sent`);
  assert.ok(process.memoryUsage().rss - before < 100 * 1024 * 1024);
});

test("a provider that never ends its answer is given up after five seconds", async (t) => {
  const { provider, outcome } = await real(t);
  provider.intercept((_, response) => response.writeHead(200).write("{"));
  const before_ms = performance.now();
  assert.equal(await outcome(), "issuer_unavailable");
  assert.ok(performance.now() - before_ms < 15_000);
});

test("rotation, outage and recovery of a real provider", async (t) => {
  const { provider, clock, outcome } = await real(t);
  assert.equal(await outcome(), "accepted");
  await provider.rotate();
  assert.equal(await outcome(), "token_signature_invalid");
  clock.ahead_s += 31;
  assert.equal(await outcome(), "accepted");
  await provider.stop();
  clock.ahead_s += 3600;
  assert.equal(await outcome(), "accepted");
  clock.ahead_s += STALE_LIMIT_S;
  assert.equal(await outcome(), "issuer_unavailable");
  await provider.start();
  clock.ahead_s += 6;
  assert.equal(await outcome(), "accepted");
  assert.equal(provider.requests.jwks, 3);
});
