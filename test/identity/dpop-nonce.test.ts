import assert from "node:assert/strict";
import { after, test } from "node:test";
import * as client from "openid-client";
import { proofNonces } from "../../src/identity/index.ts";
import { doorsOf, TOKEN_EXCHANGE, TYPES } from "../http/doors.ts";
import { dpopKey } from "../support/dpop.ts";
import { startProvider } from "../support/provider.ts";
import { resourceOf } from "../support/provider-config.ts";
import { EVERYONE, makeAccount, makeDir, startService } from "../support/service.ts";

const scope = { after };
const provider = await startProvider(scope, { alg: "ES256" });
const service = await startService(scope, {
  provider,
  policy: EVERYONE,
  accounts: [await makeAccount(await makeDir(scope))],
  config: { dpop: { nonce: "required" } },
});
const { v1, oauth } = doorsOf(service);
const key = await dpopKey();
const forged = () => provider.forge({ payload: { cnf: { jkt: key.jkt } } });

/** Asks with a proof that holds this nonce, or none. */
async function present(door: typeof v1, nonce?: unknown, token?: string) {
  const bound = token ?? (await forged());
  const url = `${service.public_url}${door.path}`;
  const dpop = await key.proof(url, bound, { nonce });
  const authorization = `DPoP ${bound}`;
  return door.ask(bound, {}, { dpop, ...(door === v1 && { authorization }) });
}
const nonceOf = async () => (await present(v1)).headers.get("dpop-nonce") ?? "";

test("a proof without a nonce of ours is told to come again with one, as each door says it", async () => {
  for (const nonce of [undefined, "", "guessed", 7, [await nonceOf()]]) {
    const { status, json, headers } = await present(v1, nonce);
    assert.deepEqual([status, json.code], [401, "dpop_nonce_required"]);
    assert.match(
      headers.get("www-authenticate") ?? "",
      /^DPoP algs="[^"]+", error="use_dpop_nonce", error_description="[^"]+", resource_metadata=/,
    );
    assert.match(headers.get("dpop-nonce") ?? "", /^[\w-]{24}$/);
  }
  const { status, json, headers } = await present(oauth);
  assert.deepEqual([status, json.error], [400, "use_dpop_nonce"]);
  assert.match(headers.get("dpop-nonce") ?? "", /^[\w-]{24}$/);
});

test("with the nonce, a proof is taken once, and the answer has the next one", async () => {
  const nonce = await nonceOf();
  for (const door of [v1, oauth]) {
    const { status, text, headers } = await present(door, nonce);
    assert.equal(status, 200, text);
    assert.match(headers.get("dpop-nonce") ?? "", /^[\w-]{24}$/);
  }
  const token = await forged();
  const dpop = await key.proof(`${service.public_url}/v1/credentials`, token, { nonce });
  const again = () => service.ask(token, {}, { authorization: `DPoP ${token}`, dpop });
  assert.equal((await again()).status, 200);
  assert.equal((await again()).json.code, "token_binding_invalid");
});

test("bearer tokens need no nonce and hear of none; a wrong proof is no matter of nonces", async () => {
  const { status, headers } = await service.ask(await provider.forge());
  assert.deepEqual([status, headers.get("dpop-nonce")], [200, null]);
  const token = await forged();
  const dpop = await key.proof("https://elsewhere.test/", token);
  const wrong = await service.ask(token, {}, { authorization: `DPoP ${token}`, dpop });
  assert.equal(wrong.json.code, "token_binding_invalid");
});

test("an OAuth library gets through by itself, with a token that a real provider bound", async () => {
  const asked: string[] = [];
  const there: client.CustomFetch = (url, init) => {
    asked.push(new URL(url).pathname);
    const { origin } = new URL(service.public_url);
    return fetch(url.replace(origin, service.url), init as RequestInit); // a narrower type
  };
  const pair = await client.randomDPoPKeyPair("ES256");
  const insecure = { execute: [client.allowInsecureRequests] };
  const idp = await client.discovery(
    new URL(provider.issuer),
    "worker",
    "worker-secret",
    undefined,
    insecure,
  );
  const { access_token: token, token_type } = await client.clientCredentialsGrant(
    idp,
    { scope: "orders.read", resource: resourceOf(provider.audience) },
    { DPoP: client.getDPoPHandle(idp, pair) },
  );
  assert.equal(token_type, "dpop");

  const sts = await client.discovery(
    new URL(service.public_url),
    "worker",
    undefined,
    client.None(),
    { algorithm: "oauth2", [client.customFetch]: there },
  );
  assert.ok(sts.serverMetadata().dpop_signing_alg_values_supported?.includes("ES256"));
  asked.length = 0;
  const DPoP = client.getDPoPHandle(sts, pair);
  const wanted = { subject_token: token, subject_token_type: `${TYPES}access_token` };
  for (const _ of ["first", "second"])
    await client.genericGrantRequest(sts, TOKEN_EXCHANGE, wanted, { DPoP });
  assert.deepEqual(asked, ["/oauth2/token", "/oauth2/token", "/oauth2/token"]);

  asked.length = 0;
  const url = new URL(`${service.public_url}/v1/credentials`);
  const fresh = { DPoP: client.getDPoPHandle(sts, pair) };
  const get = () => client.fetchProtectedResource(sts, token, url, "POST", null, undefined, fresh);
  assert.deepEqual([(await get()).status, (await get()).status], [200, 200]);
  assert.equal(asked.length, 3);
});

test("a nonce is good for one to two minutes, at the service that gave it, and is not known before", () => {
  const [ours, others] = [proofNonces(), proofNonces()];
  const nonce = ours.now(120);
  for (const now_s of [120, 179, 180, 239]) assert.ok(ours.isGood(nonce, now_s), String(now_s));
  for (const now_s of [119, 240, 1e9]) assert.ok(!ours.isGood(nonce, now_s), String(now_s));
  assert.equal(ours.now(179), nonce);
  assert.notEqual(ours.now(180), nonce);
  assert.ok(!others.isGood(nonce, 120));
  const secret = Buffer.alloc(32, 1);
  assert.ok(
    proofNonces(secret).isGood(proofNonces(secret).now(120), 120),
    "instances may share it",
  );
});
