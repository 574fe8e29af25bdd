import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createServer } from "node:tls";
import { ClientError, type CredentialOptions, fetchCredential } from "../../src/client/index.ts";
import { provenKey } from "../../src/keys/index.ts";
import { selfSigned } from "../support/certificate.ts";
import type { Scope } from "../support/project.ts";
import {
  goodAnswer,
  makeSigner,
  problemOf,
  type Reply,
  startFake,
  TOKEN,
  virtualWorld,
} from "./support.ts";

const signer = makeSigner();
const realFetch = (url: string, options: RequestInit) => fetch(url, options);
const options = (url: string, more: Partial<CredentialOptions> = {}): CredentialOptions => ({
  url,
  token: async () => TOKEN,
  ...more,
});

/** Asks a service that gives these replies in turn, the last of them for ever. */
async function ask(t: Scope, replies: readonly Reply[]) {
  let asked = 0;
  const fake = await startFake(t, async ({ body }) => {
    const { user_public_key } = JSON.parse(body);
    const reply = replies[Math.min(asked++, replies.length - 1)];
    return reply ?? { body: JSON.stringify(await goodAnswer(signer, user_public_key)) };
  });
  const world = virtualWorld(realFetch);
  const result = await fetchCredential(options(fake.url), world).catch((error: unknown) => error);
  return { result, world, fake };
}

function refused(result: unknown, sentence: RegExp): ClientError["told"] {
  assert.ok(result instanceof ClientError, String(result));
  assert.match(result.message, sentence);
  assert.ok(!result.message.includes(TOKEN));
  return result.told;
}

test("the token goes into the header, the key with its proof into the body, and no seed anywhere", async (t) => {
  const fake = await startFake(t, async ({ body }) => {
    const answer = await goodAnswer(signer, JSON.parse(body).user_public_key);
    return { body: JSON.stringify(answer) };
  });
  const narrowing = { account: "ORDERS", roles: ["worker"], publish: [], ttl_s: 60 };
  const credential = await fetchCredential(options(fake.url, narrowing), virtualWorld(realFetch));
  const [request] = fake.seen;
  assert.ok(request && fake.seen.length === 1);
  assert.equal(`${request.method} ${request.url}`, "POST /v1/credentials");
  assert.equal(request.headers.authorization, `Bearer ${TOKEN}`);
  assert.ok(!JSON.stringify(request).includes(credential.seed));
  const { user_public_key, user_key_proof, ...rest } = JSON.parse(request.body);
  assert.deepEqual(rest, narrowing);
  // As the service checks it, with the URL that was given and no other.
  const claim = { public_key: user_public_key, proof: user_key_proof };
  assert.equal(provenKey(claim, fake.url, TOKEN), user_public_key);
  assert.throws(() => provenKey(claim, "https://other.example", TOKEN));
});

test("a proof names the URL that was typed, whatever the service calls itself", async (t) => {
  const fake = await startFake(t, ({ url }) =>
    url === "/v1/credentials"
      ? problemOf(400, "user_key_proof_invalid")
      : { body: JSON.stringify({ resource: "https://bank.example" }) },
  );
  const failure = await fetchCredential(options(fake.url), virtualWorld(realFetch)).catch((e) => e);
  refused(
    failure,
    /calls itself https:\/\/bank\.example: .* --public-url https:\/\/bank\.example$/,
  );
  const posts = fake.seen.filter(({ method }) => method === "POST");
  assert.equal(posts.length, 1); // It was not signed again for the other name.
  const { user_public_key, user_key_proof } = JSON.parse(posts[0]?.body ?? "");
  const claim = { public_key: user_public_key, proof: user_key_proof };
  assert.throws(() => provenKey(claim, "https://bank.example", TOKEN));
  const [, metadata] = fake.seen;
  assert.equal(metadata?.headers.authorization, undefined);
});

test("public_url stands in the proof where it was given", async (t) => {
  const fake = await startFake(t, async ({ body }) => ({
    body: JSON.stringify(await goodAnswer(signer, JSON.parse(body).user_public_key)),
  }));
  const public_url = "https://sts.example.test";
  await fetchCredential(options(fake.url, { public_url }), virtualWorld(realFetch));
  const { user_public_key, user_key_proof } = JSON.parse(fake.seen[0]?.body ?? "");
  const claim = { public_key: user_public_key, proof: user_key_proof };
  assert.equal(provenKey(claim, public_url, TOKEN), user_public_key);
});

test("a refusal is one sentence with its code, its detail and its request id", async (t) => {
  const { result, fake } = await ask(t, [problemOf(403, "no_rule_matched", "No rule.")]);
  const told = refused(result, /^refused as no_rule_matched: No rule\. \(request req-1\)$/);
  assert.equal(told.code, "no_rule_matched");
  assert.equal(told.request_id, "req-1");
  assert.equal(fake.seen.length, 1); // A verdict is not asked for again.
});

test("what a service says cannot move the cursor or forge a line", async (t) => {
  const { result } = await ask(t, [problemOf(403, "no_rule_matched", "\u001b[2J\nok: \u202e")]);
  refused(result, /^refused as no_rule_matched: \?\[2J\?ok: \? \(request req-1\)$/);
});

test("a redirect is refused and the token does not follow it", async (t) => {
  const target = await startFake(t, () => ({}));
  for (const status of [301, 302, 303, 307, 308]) {
    const { result, fake } = await ask(t, [{ status, headers: { location: target.url } }]);
    refused(result, new RegExp(`redirect \\(${status}\\)`));
    assert.equal(fake.seen.length, 1);
  }
  assert.equal(target.seen.length, 0);
});

test("a huge answer is cut off", async (t) => {
  const { result } = await ask(t, [{ body: Buffer.alloc(8 * 1024 * 1024, " ") }]);
  refused(result, /answer is larger than 262144 bytes/);
});

test("an answer that is no JSON, and an error without a reason, are said to be so", async (t) => {
  refused((await ask(t, [{ body: "<html>" }])).result, /is not a credential/);
  const { result, fake } = await ask(t, [{ status: 404, body: "<html>" }]);
  refused(result, /answered 404 Not Found without a reason: is this nats-sts\?/);
  assert.equal(fake.seen.length, 1);
});

test("an outage is tried again a few times, longer each time, and then told", async (t) => {
  const { result, world, fake } = await ask(t, [problemOf(503, "overloaded")]);
  refused(result, /overloaded/);
  assert.equal(fake.seen.length, 4);
  assert.deepEqual(world.slept_ms, [375, 750, 1500]); // half of it by chance, which is 0.5 here
});

test("after an outage that passes there is a credential", async (t) => {
  const { result } = await ask(t, [problemOf(503, "overloaded"), { status: 502 }]);
  refused(result, /502/);
  const asked = { count: 0 };
  const fake = await startFake(t, async ({ body }) =>
    asked.count++ < 2
      ? problemOf(429, "rate_limited")
      : { body: JSON.stringify(await goodAnswer(signer, JSON.parse(body).user_public_key)) },
  );
  const credential = await fetchCredential(options(fake.url), virtualWorld(realFetch));
  assert.match(credential.creds, /BEGIN NATS USER JWT/);
});

test("Retry-After is the least that is waited, and too long a one is not waited for", async (t) => {
  const asking = (seconds: string): Reply => ({
    ...problemOf(503, "overloaded"),
    headers: { "retry-after": seconds },
  });
  const short = await ask(t, [asking("4")]);
  assert.deepEqual(short.world.slept_ms, [4500, 4500, 4500]);
  const date = await ask(t, [asking("Thu, 01 Jan 2026 00:00:08 GMT")]);
  assert.equal(date.world.slept_ms[0], 9000);
  const long = await ask(t, [asking("3600")]);
  refused(long.result, /overloaded/);
  assert.deepEqual(long.world.slept_ms, []);
});

test("a service that cannot be reached is told as that, after as many tries", async (t) => {
  const fake = await startFake(t, () => ({}));
  await fake.close();
  const world = virtualWorld(realFetch);
  const result = await fetchCredential(options(fake.url), world).catch((error: unknown) => error);
  refused(
    result,
    /^the service cannot be reached \(.*ECONNREFUSED.*\): is nats-sts serve running there\?$/,
  );
  assert.equal(world.slept_ms.length, 3);
});

test("a certificate of an unknown authority is told with the way out", async (t) => {
  const server = createServer(selfSigned()).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo; // it listens on a port
  const asked = options(`https://127.0.0.1:${port}`);
  const result = await fetchCredential(asked, virtualWorld(realFetch)).catch((e: unknown) => e);
  refused(result, /\(self-signed certificate.*\): name the file .* in NODE_EXTRA_CA_CERTS$/);
});

test("a request that is stopped ends at once", async (t) => {
  const stop = new AbortController();
  const fake = await startFake(t, () => {
    stop.abort();
    return new Promise(() => {}); // never answers
  });
  const world = virtualWorld(realFetch);
  const result = await fetchCredential(options(fake.url), world, undefined, stop.signal).catch(
    (error: unknown) => error,
  );
  refused(result, /it was stopped/);
});
