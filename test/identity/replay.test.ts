import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createUser } from "@nats-io/nkeys";
import { PRESET_NAMES } from "../../src/config/index.ts";
import { type Identity, PRESETS, verify } from "../../src/identity/index.ts";
import { proofText } from "../../src/keys/index.ts";
import { startProvider } from "../support/provider.ts";
import { makeAccount, makeDir, type Service, startService } from "../support/service.ts";
import { forge } from "./forge.ts";
import { claimsOf, issuerConfig, keysOf, NOW_S, verifierOf } from "./support.ts";

const scope = { after };
const provider = await startProvider(scope, { alg: "ES256" });
const keys = await keysOf("ES256");
const once = verifierOf([issuerConfig({ token_use: "once" })], [keys.ES256]);
const useOf = async (token: string) => (await verify(token, once, NOW_S)).token_use;

/** The other signature that is as good: (r, n - s). */
function malleated(token: string): string {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const [header, payload, signature = ""] = token.split(".");
  const bytes = Buffer.from(signature, "base64url");
  const s = order - BigInt(`0x${bytes.subarray(32).toString("hex")}`);
  const other = Buffer.from(s.toString(16).padStart(64, "0"), "hex");
  return [
    header,
    payload,
    Buffer.concat([bytes.subarray(0, 32), other]).toString("base64url"),
  ].join(".");
}

test("CI runs have tokens of their own, which are good for one credential; others are used again", () => {
  const single = PRESET_NAMES.filter((name) => PRESETS[name].token_use === "once");
  assert.deepEqual(single, ["github", "buildkite", "circleci"]);
});

test("a token that may be used again is not told apart", async () => {
  const token = forge({}, claimsOf(), keys);
  const reuse = verifierOf([issuerConfig()], [keys.ES256]);
  const { token_use }: Identity = await verify(token, reuse, NOW_S);
  assert.equal(token_use, undefined);
});

test("another spelling of the signature is the same token, with jti and without", async () => {
  for (const remove of [[], ["jti"]]) {
    const token = forge({ remove }, claimsOf(), keys);
    assert.notEqual(malleated(token), token);
    assert.deepEqual(await useOf(malleated(token)), await useOf(token));
  }
});

test("the same jti is the same token whatever else it says; without jti, two tokens are two", async () => {
  const [one, two] = [claimsOf({ jti: "j" }), claimsOf({ jti: "j", scope: "other" })];
  assert.equal(
    (await useOf(forge({}, one, keys)))?.digest,
    (await useOf(forge({}, two, keys)))?.digest,
  );
  const remove = ["jti"];
  assert.notEqual(
    (await useOf(forge({ remove }, one, keys)))?.digest,
    (await useOf(forge({ remove }, two, keys)))?.digest,
  );
});

test("a jti is no name for what was signed without one", async () => {
  const signed = forge({ remove: ["jti"] }, claimsOf(), keys);
  const seen = (await useOf(signed))?.digest;
  for (const jti of [signed.slice(0, signed.lastIndexOf(".")), seen])
    assert.notEqual((await useOf(forge({ payload: { jti } }, claimsOf(), keys)))?.digest, seen);
});

const FEW = "few: { account: ORDERS, publish: [orders.new] }";
const many = Array.from({ length: 150 }, (_, i) => `orders.region-${i}.created`);
const MANY = `many: { account: ORDERS, publish: [${many.join(", ")}] }`;
const start = async (roles: string, dir?: string) =>
  startService(scope, {
    provider,
    ...(dir !== undefined && { dir }),
    policy: `version: 1
roles: ${roles}
rules: [{ name: all, issuer: ci, roles: [few] }]
`.replace("[few]", roles.includes("many") ? "[few, many]" : "[few]"),
    accounts: [await makeAccount(await makeDir(scope))],
    config: {
      issuers: [
        {
          ...{ name: "ci", url: provider.issuer, preset: "generic", audience: "nats-sts" },
          ...{ insecure_http: true, token_use: "once" },
        },
      ],
    },
  });

const ownKey = (service: Service, token: string, key = createUser()) => ({
  user_public_key: key.getPublicKey(),
  user_key_proof: Buffer.from(key.sign(Buffer.from(proofText(service.public_url, token)))).toString(
    "base64url",
  ),
});

test("of many requests with one token, one gets a credential, and none after a restart", async () => {
  const dir = await makeDir(scope);
  const service = await start(`{ ${FEW} }`, dir);
  const [token, kept] = [await provider.forge(), await provider.forge()];
  const key = createUser();
  const answers = await Promise.all(Array.from({ length: 20 }, () => service.ask(token)));
  const codes = answers.map(({ status, json }) => (status === 200 ? "issued" : json.code)).sort();
  assert.deepEqual(codes, ["issued", ...Array.from({ length: 19 }, () => "token_replayed")]);
  assert.equal((await service.ask(kept, ownKey(service, kept, key))).status, 200);
  assert.equal((await service.ask(kept, ownKey(service, kept, key))).status, 200);

  await service.stop();
  const again = await start(`{ ${FEW} }`, dir);
  assert.equal((await again.ask(token)).json.code, "token_replayed");
  assert.equal((await again.ask(kept, ownKey(again, kept))).json.code, "token_replayed");
  assert.equal((await again.ask(kept, ownKey(again, kept, key))).status, 200);
});

test("a request that was refused does not use the token up", async () => {
  const service = await start(`{ ${FEW}, ${MANY} }`);
  const token = await provider.forge();
  assert.equal((await service.ask(token)).json.code, "permissions_too_large");
  assert.equal((await service.ask(token, { roles: ["few"] })).status, 200);
  assert.equal((await service.ask(token, { roles: ["few"] })).json.code, "token_replayed");
});
