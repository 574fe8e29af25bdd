import assert from "node:assert/strict";
import { test } from "node:test";
import { identityDigest, trustedIssuers, verify } from "../../src/identity/index.ts";
import { startProvider } from "../support/provider.ts";
import {
  AUDIENCE,
  claimsOf,
  ISSUER,
  issuerConfig,
  keysOf,
  NOW_S,
  outcomeOf,
  refusalOf,
  sign,
  verifierOf,
} from "./support.ts";

const ALGS = ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"] as const;
const keys = await keysOf(...ALGS);
const key = keys.ES256;
const verifier = verifierOf([issuerConfig()], Object.values(keys));

const outcome = async (claims: Parameters<typeof claimsOf>[0], header = {}) =>
  outcomeOf(await sign(key, claimsOf(claims), header), verifier);

for (const alg of ALGS) {
  test(`a good token signed with ${alg} becomes an identity`, async () => {
    const claims = claimsOf();
    const identity = await verify(await sign(keys[alg], claims), verifier, NOW_S);
    assert.deepEqual(identity, {
      issuer: "corp",
      issuer_url: ISSUER,
      kind: "user",
      subject: "alice",
      client: "desk",
      scopes: ["orders.read", "orders.write"],
      claims,
      token_expires_at: NOW_S + 290,
      token_kind: "access",
      digest: identityDigest(ISSUER, "user", "alice"),
    });
  });

  test(`a token that a real provider signed with ${alg} verifies`, async (t) => {
    const provider = await startProvider(t, { alg, path: "/realms/a" });
    const config = issuerConfig({ url: provider.issuer, insecure_http: true });
    const now_s = Math.floor(Date.now() / 1000);
    const issuers = trustedIssuers([config], fetch, () => now_s);
    const identity = await verify(await provider.token(), { ...verifier, issuers }, now_s);
    assert.deepEqual([identity.kind, identity.subject], ["client", "worker"]);
    assert.deepEqual(provider.requests, { discovery: 1, jwks: 1 });
  });
}

test("the audience may be a string or a list that names us, and nothing near it", async () => {
  const others = ["nats-sts", "https://sts.test"];
  const two = verifierOf([issuerConfig({ audience: others })], [key]);
  for (const aud of [AUDIENCE, [AUDIENCE], ["other", AUDIENCE], [AUDIENCE, AUDIENCE]])
    assert.equal(await outcome({ aud }), "accepted");
  assert.equal(await outcomeOf(await sign(key, claimsOf({ aud: others[1] })), two), "accepted");
  for (const aud of [
    "nats-st",
    "nats-sts2",
    "NATS-STS",
    " nats-sts",
    "",
    [],
    ["other"],
    "nats-sts nats",
  ])
    assert.equal(await outcome({ aud }), "token_audience_mismatch");
  for (const aud of [undefined, null, 1, {}, [AUDIENCE, 1], [[AUDIENCE]], { 0: AUDIENCE }])
    assert.equal(await outcome({ aud }), "token_claims_invalid");
});

test("a single audience means that no other may be named beside it", async () => {
  const single = verifierOf([issuerConfig({ single_audience: true })], [key]);
  const with_ = async (aud: unknown) => outcomeOf(await sign(key, claimsOf({ aud })), single);
  assert.equal(await with_([AUDIENCE]), "accepted");
  assert.equal(await with_([AUDIENCE, "other"]), "token_audience_mismatch");
});

test("the issuer is matched exactly", async () => {
  for (const iss of [
    `${ISSUER}/`,
    "HTTPS://idp.test",
    "https://idp.tes",
    `${ISSUER}:443`,
    "",
    [ISSUER],
    null,
    7,
    undefined,
  ])
    assert.equal(await outcome({ iss }), "issuer_untrusted");
});

test("exp, nbf and iat forgive the clock skew and not a second more", async () => {
  const rows = [
    [{ iat: NOW_S - 100, exp: NOW_S - 29 }, "accepted"],
    [{ iat: NOW_S - 100, exp: NOW_S - 30 }, "token_expired"],
    [{ nbf: NOW_S + 30 }, "accepted"],
    [{ nbf: NOW_S + 31 }, "token_not_yet_valid"],
    [{ iat: NOW_S + 30 }, "accepted"],
    [{ iat: NOW_S + 31 }, "token_not_yet_valid"],
    [{ exp: NOW_S + 10.5 }, "accepted"],
    [{ nbf: 0 }, "accepted"],
  ] as const;
  for (const [claims, expected] of rows)
    assert.equal(await outcome(claims), expected, JSON.stringify(claims));
});

test("a token's lifetime and age have limits, which the operator may set", async () => {
  const day = 86_400;
  assert.equal(await outcome({ iat: NOW_S - 10, exp: NOW_S - 10 + day }), "accepted");
  assert.equal(await outcome({ iat: NOW_S - 10, exp: NOW_S - 9 + day }), "token_claims_invalid");
  const strict = verifierOf(
    [issuerConfig({ max_token_age_s: 60, max_token_lifetime_s: 600 })],
    [key],
  );
  const with_ = async (iat: number, exp: number) =>
    outcomeOf(await sign(key, claimsOf({ iat: NOW_S + iat, exp: NOW_S + exp })), strict);
  assert.equal(await with_(-90, 500), "accepted");
  assert.equal(await with_(-91, 500), "token_expired");
  assert.equal(await with_(0, 601), "token_claims_invalid");
});

test("required scopes must all be there, and the refusal names those that are missing", async () => {
  const picky = verifierOf([issuerConfig({ required_scopes: ["orders.read", "sts"] })], [key]);
  const { code, detail } = await refusalOf(await sign(key, claimsOf()), picky);
  assert.equal(code, "insufficient_scope");
  assert.deepEqual(detail["missing"], ["sts"]);
  assert.equal(
    await outcomeOf(await sign(key, claimsOf({ scope: "sts orders.read" })), picky),
    "accepted",
  );
});

test("clients may be limited, and then a token has to name one", async () => {
  const only = verifierOf([issuerConfig({ clients: ["desk"] })], [key]);
  const with_ = async (claims: object) => outcomeOf(await sign(key, claimsOf({ ...claims })), only);
  assert.equal(await with_({}), "accepted");
  assert.equal(await with_({ client_id: undefined, azp: "desk" }), "accepted");
  assert.equal(await with_({ client_id: "other" }), "token_claims_invalid");
  assert.equal(await with_({ client_id: "other", azp: "desk" }), "token_claims_invalid");
  assert.equal(await with_({ client_id: undefined }), "token_claims_invalid");
});

test("typ is matched as RFC 7515 has it, and other kinds of token stay out whatever is allowed", async () => {
  for (const typ of ["at+jwt", "AT+JWT", "application/at+jwt", "application/AT+jwt"])
    assert.equal(await outcome({}, { typ }), "accepted", typ);
  for (const typ of [undefined, "JWT", "at+jwt ", "text/at+jwt", "application/application/at+jwt"])
    assert.equal(await outcome({}, { typ }), "token_type_not_allowed", String(typ));
  const lax = verifierOf([issuerConfig({ typ: ["jwt", "", "logout+jwt"] })], [key]);
  const with_ = async (typ?: string) => outcomeOf(await sign(key, claimsOf(), { typ }), lax);
  assert.deepEqual([await with_("JWT"), await with_()], ["accepted", "accepted"]);
  assert.equal(await with_("at+jwt"), "token_type_not_allowed");
  assert.equal(await with_("logout+jwt"), "token_type_not_allowed");
});

test("algorithms may be limited for one issuer, and a key's own alg stands above that", async () => {
  const only = verifierOf([issuerConfig({ algorithms: ["PS256"] })], [keys.RS256, keys.PS256]);
  assert.equal(await outcomeOf(await sign(keys.PS256, claimsOf()), only), "accepted");
  assert.equal(
    await outcomeOf(await sign(keys.RS256, claimsOf()), only),
    "token_algorithm_not_allowed",
  );
  const crossed = await sign({ ...keys.RS256, alg: "PS256" }, claimsOf());
  assert.equal(await outcomeOf(crossed, only), "token_signature_invalid");
});

test("two issuers with the same subject are two identities, and neither's key signs for the other", async () => {
  const other = issuerConfig({ name: "other", url: "https://other.test" });
  const issuers = new Map([
    ...verifierOf([issuerConfig()], [keys.ES256]).issuers,
    ...verifierOf([other], [keys.EdDSA]).issuers,
  ]);
  const both = { ...verifier, issuers };
  const one = await verify(await sign(keys.ES256, claimsOf()), both, NOW_S);
  const two = await verify(await sign(keys.EdDSA, claimsOf({ iss: other.url })), both, NOW_S);
  assert.notEqual(one.digest, two.digest);
  const crossed = await sign(keys.EdDSA, claimsOf());
  assert.equal(await outcomeOf(crossed, both), "token_signature_invalid");
});

test("a client never collides with a person of the same name", async () => {
  const digests = [];
  for (const client_id of ["alice", "desk"]) {
    const identity = await verify(await sign(key, claimsOf({ client_id })), verifier, NOW_S);
    digests.push([identity.kind, identity.digest]);
  }
  assert.deepEqual(digests, [
    ["client", identityDigest(ISSUER, "client", "alice")],
    ["user", identityDigest(ISSUER, "user", "alice")],
  ]);
});

test("a refusal never holds a value of the token", async () => {
  const secret = "s3cr3t-value";
  for (const claims of [
    { aud: secret },
    { sub: `${secret}\n` },
    { client_id: [secret] },
    { scope: `${secret}\t` },
    { typ: "ID", x: secret },
    { iss: `https://${secret}` },
  ]) {
    const { message, detail } = (await refusalOf(
      await sign(key, claimsOf(claims)),
      verifier,
    )) as unknown as { message: string; detail: object };
    assert.doesNotMatch(JSON.stringify([message, detail]), new RegExp(secret));
  }
});

test("a published key that is none is nobody's fault but the issuer's, and no failure of ours", async () => {
  const zero = Buffer.alloc(32).toString("base64url");
  const off_curve = verifierOf([issuerConfig()], [{ ...key, x: zero, y: zero }]);
  const { code, detail } = await refusalOf(await sign(key, claimsOf()), off_curve);
  assert.deepEqual([code, detail["reason"]], ["token_signature_invalid", "ERR_KEY_UNUSABLE"]);
});

test("the issuer is checked again in what was signed, however it was found", async () => {
  const [issuer] = verifier.issuers.values();
  assert.ok(issuer);
  const crossed = { ...verifier, issuers: new Map([["https://alias.test", issuer]]) };
  const token = await sign(key, claimsOf({ iss: "https://alias.test" }));
  assert.equal(await outcomeOf(token, crossed), "issuer_untrusted");
});
