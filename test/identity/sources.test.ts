import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { calculateJwkThumbprint } from "jose";
import type { IssuerConfig } from "../../src/config/index.ts";
import { type Fetch, trustedIssuers } from "../../src/identity/index.ts";
import { selfSigned } from "../support/certificate.ts";
import type { Scope } from "../support/project.ts";
import { makeDir } from "../support/service.ts";
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

const keys = await keysOf("ES256", "ES384");
const token = await sign(keys.ES256, claimsOf());
const KEYS = { keys: [publicOf(keys.ES256)] };
const owner = { uid: process.getuid?.() ?? 0 };
const refuses = () => Promise.reject(new Error("the network is not to be touched"));

function verifierFor(jwks: IssuerConfig["jwks"], fetch: Fetch = refuses, at_s = NOW_S) {
  const config = issuerConfig({ ...(jwks && { jwks }) });
  const issuers = trustedIssuers([config], fetch, () => at_s, { keeping: owner });
  return { issuers, token_limit_bytes: 12_288, clock_skew_s: 30 };
}

const over = (site: Site) => network(() => site);

test("a key set on disk needs no network, and a broken one makes the issuer unavailable", async (t) => {
  const file = join(await makeDir(t), "jwks.json");
  await writeFile(file, JSON.stringify(KEYS));
  assert.equal(await outcomeOf(token, verifierFor({ file })), "accepted");
  for (const [text, reason] of [
    ["oops", /jwks.json is not JSON$/],
    ["{}", /no key set/],
    [" ".repeat(2_000_000), /too large/],
  ] as const) {
    await writeFile(file, text);
    const { code, detail } = await refusalOf(token, verifierFor({ file }));
    assert.equal(code, "issuer_unavailable");
    assert.match(String(detail["reason"]), reason);
  }
  const absent = await refusalOf(token, verifierFor({ file: `${file}.none` }));
  assert.match(String(absent.detail["reason"]), /cannot be read \(ENOENT\)/);
});

test("a URL of the key set takes the place of discovery", async () => {
  const url = "https://keys.test/jwks";
  const { fetch, asked } = over({ [url]: KEYS });
  assert.equal(await outcomeOf(token, verifierFor({ url }, fetch)), "accepted");
  assert.deepEqual(asked, [url]);
});

test("pins leave no other key of the issuer in use", async () => {
  const pinned = { thumbprints: [await calculateJwkThumbprint(publicOf(keys.ES256))] };
  const both = siteOf(ISSUER, [publicOf(keys.ES256), publicOf(keys.ES384)]);
  const verifier = verifierFor(pinned, over(both).fetch);
  assert.equal(await outcomeOf(token, verifier), "accepted");
  const other = await sign(keys.ES384, claimsOf());
  assert.equal(await outcomeOf(other, verifier), "token_signature_invalid");
  const only_other = over(siteOf(ISSUER, [publicOf(keys.ES384)]));
  assert.equal(await outcomeOf(token, verifierFor(pinned, only_other.fetch)), "issuer_unavailable");
});

/** A provider behind a certificate of its own. */
async function tlsProvider(scope: Scope, answer: (request: IncomingMessage) => unknown) {
  const { cert, key } = selfSigned();
  const dir = await makeDir(scope);
  const ca_file = join(dir, "ca.crt");
  await writeFile(ca_file, cert);
  const server = createServer({ cert, key }, (request, response) => {
    const body = answer(request);
    if (typeof body === "number") response.writeHead(body, { location: "/other" }).end();
    else if (body === undefined) response.writeHead(401).end();
    else response.setHeader("content-type", "application/json").end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  scope.after(() => {
    server.close();
    server.closeAllConnections();
  });
  // `as`: only a server on a pipe has a string here.
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/openid/v1/jwks`;
  return { dir, ca_file, url };
}

test("in a cluster, its CA is trusted and the token of the pod is sent, read anew each time", async (t) => {
  const seen: unknown[] = [];
  const { dir, ca_file, url } = await tlsProvider(t, ({ headers }) => {
    seen.push(headers.authorization);
    return headers.authorization === "Bearer pod-2" ? KEYS : undefined;
  });
  const bearer_token_file = join(dir, "token");
  await writeFile(bearer_token_file, "pod-1\n");
  const clock = { now_s: NOW_S };
  const config = issuerConfig({ jwks: { url, ca_file, bearer_token_file } });
  const issuers = trustedIssuers([config], refuses, () => clock.now_s);
  const verifier = { issuers, token_limit_bytes: 12_288, clock_skew_s: 30 };
  const { detail } = await refusalOf(token, verifier);
  assert.equal(detail["reason"], `${url} answers 401`);
  await writeFile(bearer_token_file, "pod-2\n");
  clock.now_s += 5;
  assert.equal(await outcomeOf(token, verifier), "accepted");
  assert.deepEqual(seen, ["Bearer pod-1", "Bearer pod-2"]);
});

test("an issuer with a CA of its own is asked about tokens over the same CA", async (t) => {
  const claims = { active: true, token_type: "Bearer", ...claimsOf() };
  const seen: unknown[] = [];
  const { dir, ca_file, url } = await tlsProvider(t, ({ method, headers }) => {
    seen.push([
      method,
      headers["content-type"]?.split(";")[0],
      Number(headers["content-length"]) > 0,
    ]);
    return claims;
  });
  const client_secret_file = join(dir, "secret");
  await writeFile(client_secret_file, "s3cret", { mode: 0o600 });
  const introspection = { client_id: "sts", client_secret_file, url };
  const config = issuerConfig({ validation: "both", introspection, jwks: { ca_file } });
  const issuers = trustedIssuers([config], refuses, () => NOW_S);
  const verifier = { issuers, token_limit_bytes: 12_288, clock_skew_s: 30 };
  assert.equal(await outcomeOf("opaque", verifier), "accepted");
  assert.deepEqual(seen, [["POST", "application/x-www-form-urlencoded", true]]);
});

test("without its CA, or with another, there are no keys", async (t) => {
  const asked: unknown[] = [];
  const { dir, ca_file, url } = await tlsProvider(t, (request) => {
    asked.push(request.url);
    return KEYS;
  });
  const other = join(dir, "other.crt");
  await writeFile(other, selfSigned().cert);
  for (const [jwks, fetch] of [
    [{ url }, globalThis.fetch],
    [{ url, ca_file: other }, refuses],
    [{ url, ca_file: `${ca_file}.none` }, refuses],
  ] as const)
    assert.equal(await outcomeOf(token, verifierFor(jwks, fetch)), "issuer_unavailable");
  assert.deepEqual(asked, []);
});

test("any other answer than 200 is none, whatever Node makes of its status", async (t) => {
  for (const status of [204, 205, 304, 302, 500]) {
    const { ca_file, url } = await tlsProvider(t, () => status);
    const { code, detail } = await refusalOf(token, verifierFor({ url, ca_file }));
    assert.deepEqual([code, detail["reason"]], ["issuer_unavailable", `${url} answers ${status}`]);
  }
});

test("keys that were kept verify after a start during an outage", async (t) => {
  const keep_dir = join(await makeDir(t), "keys");
  const online = verifierFor({ keep_dir }, over(siteOf(ISSUER, KEYS.keys)).fetch);
  assert.equal(await outcomeOf(token, online), "accepted");
  const file = join(keep_dir, "corp.json");
  while (!existsSync(file)) await new Promise(setImmediate); // no request waits for it
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await stat(keep_dir)).mode & 0o777, 0o700);

  assert.equal(await outcomeOf(token, verifierFor({ keep_dir })), "accepted");
  const late = verifierFor({ keep_dir }, refuses, NOW_S + 90_000);
  assert.equal(await outcomeOf(token, late), "issuer_unavailable");
});

test("who only looks at a token keeps no keys", async (t) => {
  const keep_dir = join(await makeDir(t), "keys");
  const { fetch } = over(siteOf(ISSUER, KEYS.keys));
  const keeping = { ...owner, read_only: true };
  const config = issuerConfig({ jwks: { keep_dir } });
  const issuers = trustedIssuers([config], fetch, () => NOW_S, { keeping });
  const verifier = { issuers, token_limit_bytes: 12_288, clock_skew_s: 30 };
  assert.equal(await outcomeOf(token, verifier), "accepted");
  await new Promise(setImmediate);
  assert.ok(!existsSync(keep_dir));
});

test("keys that cannot be kept are counted, and no folder is made but the last one", async (t) => {
  const above = join(await makeDir(t), "a");
  for (const keep_dir of [join(above, "b"), "/proc/nats-sts/keys"]) {
    const verifier = verifierFor({ keep_dir }, over(siteOf(ISSUER, KEYS.keys)).fetch);
    assert.equal(await outcomeOf(token, verifier), "accepted");
    const [issuer] = verifier.issuers.values();
    while (issuer?.keys.stats().not_kept !== 1) await new Promise(setImmediate);
  }
  assert.ok(!existsSync(above));
});

test("files that say whom we trust are not used where others may write them", async (t) => {
  const file = join(await makeDir(t), "jwks.json");
  await writeFile(file, JSON.stringify(KEYS));
  for (const mode of [0o664, 0o646]) {
    await chmod(file, mode);
    for (const jwks of [{ file }, { url: "https://keys.test/jwks", ca_file: file }]) {
      const { detail } = await refusalOf(token, verifierFor(jwks));
      assert.match(String(detail["reason"]), /jwks\.json can be changed by others than its owner/);
    }
  }
});

test("kept keys of another user are not used", { skip: owner.uid !== 0 }, async (t) => {
  const keep_dir = join(await makeDir(t), "keys");
  await mkdir(keep_dir, { mode: 0o700 });
  const file = join(keep_dir, "corp.json");
  await writeFile(file, JSON.stringify({ url: ISSUER, at_s: NOW_S, ...KEYS }));
  assert.equal(await outcomeOf(token, verifierFor({ keep_dir })), "accepted");
  await chown(file, 1234, 1234);
  assert.equal(await outcomeOf(token, verifierFor({ keep_dir })), "issuer_unavailable");
});

test("kept keys that anybody else may have written, or for anybody else, are not used", async (t) => {
  const keep_dir = join(await makeDir(t), "keys");
  await mkdir(keep_dir, { mode: 0o700 });
  const file = join(keep_dir, "corp.json");
  const good = { url: ISSUER, at_s: NOW_S, ...KEYS };
  const after = async (text: string, mode = 0o600) => {
    await writeFile(file, text);
    await chmod(file, mode);
    return outcomeOf(token, verifierFor({ keep_dir }));
  };
  assert.equal(await after(JSON.stringify(good)), "accepted");
  assert.equal(await after(JSON.stringify(good), 0o620), "issuer_unavailable");
  assert.equal(await after(JSON.stringify(good), 0o602), "issuer_unavailable");
  for (const wrong of [
    { ...good, url: "https://other.test" },
    { ...good, at_s: "yesterday" },
    { ...good, at_s: NOW_S + 90_000 },
    { ...good, keys: [] },
    { ...good, keys: [{ kty: "oct", k: "AAAA" }] },
    [],
  ])
    assert.equal(await after(JSON.stringify(wrong)), "issuer_unavailable");
  assert.equal(await after("oops"), "issuer_unavailable");
  await chmod(keep_dir, 0o777);
  assert.equal(await after(JSON.stringify(good)), "issuer_unavailable");
  assert.match(await readFile(file, "utf8"), /idp\.test/);
});
