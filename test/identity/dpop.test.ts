import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, test } from "node:test";
import { usedProofs } from "../../src/identity/index.ts";
import { doorsOf } from "../http/doors.ts";
import { type DpopKey, dpopKey } from "../support/dpop.ts";
import { startProvider } from "../support/provider.ts";
import { EVERYONE, makeAccount, makeDir, startService } from "../support/service.ts";

const scope = { after };
const provider = await startProvider(scope, { alg: "ES256" });
const service = await startService(scope, {
  provider,
  policy: EVERYONE,
  accounts: [await makeAccount(await makeDir(scope))],
});
const [mine, other, rsa] = await Promise.all([dpopKey(), dpopKey(), dpopKey("RS256")]);
const { oauth } = doorsOf(service);
const V1 = `${service.public_url}/v1/credentials`;
const TOKEN = `${service.public_url}/oauth2/token`;

const boundTo = ({ jkt }: DpopKey, cnf: object = {}) =>
  provider.forge({ payload: { cnf: { jkt, ...cnf } } });
const present = (token: string, proof: string | undefined, scheme = "DPoP") =>
  service.ask(token, undefined, {
    authorization: `${scheme} ${token}`,
    ...(proof !== undefined && { dpop: proof }),
  });

test("a token that is bound to a key is taken with a proof of it, at both doors", async () => {
  const token = await boundTo(mine);
  const answer = await present(token, await mine.proof(V1, token));
  assert.equal(answer.status, 200, answer.text);
  const asked = await oauth.ask(token, {}, { dpop: await mine.proof(TOKEN) });
  assert.equal(asked.status, 200, asked.text);
  assert.equal((await oauth.ask(token, {}, { dpop: await mine.proof(TOKEN, token) })).status, 200);
  const by_rsa = await boundTo(rsa);
  assert.equal((await present(by_rsa, await rsa.proof(V1, by_rsa))).status, 200);
});

test("Keycloak's second word on the binding is known, and no other is", async () => {
  const token = await boundTo(mine, { "kc-jkt-type": "DPoP" });
  assert.equal((await present(token, await mine.proof(V1, token))).status, 200);
  const also = await boundTo(mine, { "x5t#S256": "x" });
  assert.equal(
    (await present(also, await mine.proof(V1, also))).json.code,
    "token_binding_invalid",
  );
});

test("a URL is compared as RFC 9449 wants it", async () => {
  const token = await boundTo(mine);
  const spelt = "https://STS.example.test:443/v1/credentials?a=1#b";
  assert.equal((await present(token, await mine.proof(spelt, token))).status, 200);
});

test("a bound token as a bearer token is refused, with the challenge for proofs", async () => {
  const token = await boundTo(mine);
  const proof = await mine.proof(V1, token);
  for (const answer of [
    await service.ask(token),
    await present(token, proof, "Bearer"),
    await present(token, undefined),
    await oauth.ask(token),
  ])
    assert.equal(answer.json.code, "token_binding_invalid");
  const { headers } = await service.ask(token);
  assert.match(
    headers.get("www-authenticate") ?? "",
    /^DPoP algs="ES256 .*RS256", error="invalid_token"/,
  );
});

test("a proof is good once", async () => {
  const token = await boundTo(mine);
  const proof = await mine.proof(V1, token);
  const answers = await Promise.all(Array.from({ length: 10 }, () => present(token, proof)));
  const codes = answers.map(({ status, json }) => (status === 200 ? "issued" : json.code)).sort();
  assert.deepEqual(codes, ["issued", ...Array.from({ length: 9 }, () => "token_binding_invalid")]);
});

test("a token that is bound to no key needs no proof, and is refused with one", async () => {
  const token = await provider.forge();
  assert.equal(
    (await present(token, await mine.proof(V1, token))).json.code,
    "token_binding_invalid",
  );
  assert.equal((await present(token, await mine.proof(V1, token), "Bearer")).status, 200);
});

const now_s = Math.floor(Date.now() / 1000);
type Members = Readonly<Record<string, unknown>>;
const BAD: Readonly<
  Record<
    string,
    {
      readonly claims?: Members;
      readonly header?: Members;
      readonly key?: DpopKey;
      readonly text?: string;
    }
  >
> = {
  "by another key": { key: other },
  "that claims the key of another": { key: other, header: { jwk: publicOf(mine) } },
  "for another method": { claims: { htm: "GET" } },
  "for another URL": { claims: { htu: TOKEN } },
  "for another host": { claims: { htu: "https://evil.test/v1/credentials" } },
  "for a URL that is none": { claims: { htu: "/v1/credentials" } },
  "for a URL with a user": { claims: { htu: V1.replace("://", "://user@") } },
  "for a URL with a password": { claims: { htu: V1.replace("://", "://:secret@") } },
  "that has ended": { claims: { exp: now_s - 120 } },
  "that ends at a word": { claims: { exp: String(now_s + 120) } },
  "that has not begun": { claims: { nbf: now_s + 120 } },
  "for a list of URLs": { claims: { htu: [V1] } },
  "for another token": { claims: { ath: createHash("sha256").update("x").digest("base64url") } },
  "for no token": { claims: { ath: undefined } },
  "of two minutes ago": { claims: { iat: now_s - 120 } },
  "of the future": { claims: { iat: now_s + 120 } },
  "without a time": { claims: { iat: undefined } },
  "with a time that is a word": { claims: { iat: String(now_s) } },
  "without an id": { claims: { jti: undefined } },
  "with an id that is a number": { claims: { jti: 1 } },
  "with an endless id": { claims: { jti: "x".repeat(300) } },
  "of another type": { header: { typ: "JWT" } },
  "without a key": { header: { jwk: undefined } },
  "with its private key": { header: { jwk: mine.jwk } },
  "with a shared secret": { header: { jwk: { kty: "oct", k: "AAAA" } } },
  "with an unknown crit": { header: { crit: ["x"], x: 1 } },
  "that is no JWT": { text: "proof" },
  "that is empty": { text: " " },
  "that is endless": { text: `a.${"b".repeat(9000)}.c` },
};

function publicOf({ jwk: { kty, crv, x, y } }: DpopKey): object {
  return { kty, crv, x, y };
}

for (const [name, { claims, header, key = mine, text }] of Object.entries(BAD)) {
  test(`refused: a proof ${name}`, async () => {
    const token = await boundTo(mine);
    const made = async () => key.proof(V1, token, claims, header);
    // jose signs no header with a crit that it does not know.
    const proof = text ?? (await made().catch(() => "e30.e30.e30"));
    const { status, json } = await present(token, proof);
    assert.deepEqual([status, json.code], [401, "token_binding_invalid"]);
  });
}

test("two proofs are no request, and alg none is no signature", async () => {
  const token = await boundTo(mine);
  const [head, body] = (await mine.proof(V1, token)).split(".");
  const none = Buffer.from(JSON.stringify({ typ: "dpop+jwt", alg: "none", jwk: publicOf(mine) }));
  for (const proof of [
    `${none.toString("base64url")}.${body}.`,
    `${none.toString("base64url")}.${body}.AA`,
  ])
    assert.equal((await present(token, proof)).json.code, "token_binding_invalid");
  assert.ok(head);
});

test("used proofs are bounded, and forgotten when they are too old to be used", () => {
  const proofs = usedProofs({ limit_proofs: 2 });
  const key = (proof: string, until_s: number) => ({ jkt: "k", proof, until_s });
  proofs.take(key("a", 100), 10);
  proofs.take(key("b", 200), 10);
  assert.throws(() => proofs.take(key("a", 100), 10), { code: "token_binding_invalid" });
  assert.throws(() => proofs.take(key("c", 300), 99), { code: "overloaded" });
  proofs.take(key("c", 300), 100);
  assert.throws(() => proofs.take(key("b", 200), 100), { code: "token_binding_invalid" });
});
