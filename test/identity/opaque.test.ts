import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import * as client from "openid-client";
import { doorsOf } from "../http/doors.ts";
import { dpopKey } from "../support/dpop.ts";
import { startProvider } from "../support/provider.ts";
import { resourceOf } from "../support/provider-config.ts";
import { newSigningKey } from "../support/provider-keys.ts";
import { makeAccount, makeDir, startService } from "../support/service.ts";
import { publicOf } from "./support.ts";

const scope = { after };
const dir = await makeDir(scope);
const key = await newSigningKey("ES256");
const provider = await startProvider(scope, {
  alg: "ES256",
  tokens: "opaque",
  clients: [
    { id: "worker", claims: { sub: "worker" } },
    { id: "nameless" },
    { id: "sts" },
    { id: "sts-by-key", public_key: publicOf(key) },
  ],
});
const client_secret_file = join(dir, "secret");
await writeFile(client_secret_file, "sts-secret", { mode: 0o600 });
const private_key_file = join(dir, "key.pem");
const pem = createPrivateKey({ key: { ...key }, format: "jwk" }).export({
  ...{ type: "pkcs8", format: "pem" },
});
await writeFile(private_key_file, pem, { mode: 0o600 });

const account = await makeAccount(dir);
const serviceWith = (introspection: object) =>
  startService(scope, {
    provider,
    policy: `version: 1
rules: [{ name: all, issuer: corp, kind: client, scopes: [orders.read], grant: { account: ORDERS, subscribe: [orders.>] } }]
`,
    accounts: [account],
    config: {
      issuers: [
        {
          ...{ name: "corp", url: provider.issuer, preset: "generic", audience: "nats-sts" },
          ...{ insecure_http: true, validation: "both", introspection },
        },
      ],
    },
  });
const [service, by_key] = await Promise.all([
  serviceWith({ client_id: "sts", client_secret_file }),
  serviceWith({ client_id: "sts-by-key", private_key_file, key_id: key.kid }),
]);
const { v1, oauth } = doorsOf(service);

const idp = await client.discovery(new URL(provider.issuer), "worker", "worker-secret", undefined, {
  execute: [client.allowInsecureRequests],
});

test("an opaque token of a real provider is taken at both doors, asked by secret or by key", async () => {
  const token = await provider.token();
  assert.match(token, /^[\w-]{43}$/);
  for (const answer of [await v1.ask(token), await oauth.ask(token), await by_key.ask(token)])
    assert.equal(answer.status, 200, answer.text);
  const issued = (await service.journal()).findLast(({ type }) => type === "credential.issued");
  assert.ok(issued?.type === "credential.issued");
  assert.deepEqual([issued.identity?.kind, issued.identity?.subject], ["client", "worker"]);
});

test("a JWT of the same provider is asked about too, and gets nothing where it does not tell about JWTs", async () => {
  let asked = 0;
  provider.intercept((request) => {
    if (request.url?.includes("introspection")) asked++;
    return false;
  });
  assert.equal((await v1.ask(await provider.forge())).json.code, "issuer_unavailable");
  provider.intercept();
  assert.equal(asked, 1);
});

test("one that was revoked, is for others, lacks a scope or names nobody is refused", async () => {
  const revoked = await provider.token();
  await client.tokenRevocation(idp, revoked);
  for (const [token, code] of [
    [revoked, "token_expired"],
    ["made-up", "token_expired"],
    [await provider.token({ audience: "elsewhere" }), "token_audience_mismatch"],
    [await provider.token({ scope: "orders.write" }), "no_rule_matched"],
    [await provider.token({ client: "nameless" }), "token_claims_invalid"],
  ] as const)
    assert.equal((await v1.ask(token)).json.code, code);
});

test("one that the provider bound to a key needs a proof of it", async () => {
  const holder = await dpopKey();
  const proof = await holder.proof(`${provider.issuer}/token`);
  const request = { grant_type: "client_credentials", scope: "orders.read" };
  const response = await fetch(`${provider.issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa("worker:worker-secret")}`, dpop: proof },
    body: new URLSearchParams({ ...request, resource: resourceOf(provider.audience) }),
  });
  // `as`: the assertion below would fail on anything else.
  const { access_token: token, token_type } = (await response.json()) as Record<string, string>;
  assert.ok(token);
  assert.equal(token_type, "DPoP");
  assert.equal((await v1.ask(token)).json.code, "token_binding_invalid");
  const url = `${service.public_url}/v1/credentials`;
  const headers = { authorization: `DPoP ${token}`, dpop: await holder.proof(url, token) };
  const answer = await service.ask(token, {}, headers);
  assert.equal(answer.status, 200, answer.text);
});
