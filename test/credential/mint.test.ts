import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "@nats-io/jwt";
import { createAccount, createUser, fromSeed } from "@nats-io/nkeys";
import {
  assertBounded,
  credsText,
  encodeUser,
  JWT_LIMIT_BYTES,
  mint,
  trialMint,
  type UserClaims,
  userClaims,
} from "../../src/credential/index.ts";
import { StsError } from "../../src/errors.ts";
import { type Signer, seedSigner } from "../../src/keys/index.ts";
import type { Grant } from "../../src/policy/index.ts";
import { referenceCheck } from "../support/reference.ts";

const ACCOUNT = createAccount().getPublicKey();
const NOW_S = Math.floor(Date.now() / 1000);

const GRANT: Grant = {
  account: "ORDERS",
  roles: ["reader"],
  publish: ["orders.done"],
  subscribe: ["_INBOX.a.>", "orders.new workers"],
  connection_types: ["STANDARD", "WEBSOCKET"],
  limits: { subscriptions: 10, payload_bytes: 1024 },
  inbox_prefix: "_INBOX.a",
  expires_at: NOW_S + 600,
};

function signer(): Signer {
  // The raw seed stands after two prefix bytes; nkeys keeps it in base32.
  return seedSigner(createRawSeed());
}

function createRawSeed(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}

const to = (overrides: Partial<Parameters<typeof mint>[1]> = {}) => ({
  issuer: "corp",
  digest: "0123456789abcdef".repeat(4),
  policy: "fedcba9876543210".repeat(4),
  request_id: "5F2C",
  user_key: undefined,
  account: { public_key: ACCOUNT, signer: signer() },
  now_s: NOW_S,
  ...overrides,
});

test("a minted JWT says who holds it, from where it comes and what it permits", async () => {
  const credential = await mint(GRANT, to());
  const claims = decode<UserClaims["nats"]>(credential.jwt);
  assert.equal(claims.name, "corp:0123456789abcdef");
  assert.equal(claims.sub, credential.user_public_key);
  assert.equal(claims.iss, credential.signing_key);
  assert.equal(claims.jti, credential.id);
  assert.equal(claims.exp, GRANT.expires_at);
  assert.equal(claims.nats.issuer_account, ACCOUNT);
  assert.deepEqual(claims.nats.pub, { allow: ["orders.done"] });
  assert.deepEqual(claims.nats.sub, { allow: ["_INBOX.a.>", "orders.new workers"] });
  assert.deepEqual(claims.nats.tags, [
    "identity:0123456789abcdef",
    "policy:fedcba9876543210",
    "request:5f2c",
  ]);
});

test("the seed that leaves with an answer is the seed of the user in the JWT", async () => {
  const { seed = "", user_public_key } = await mint(GRANT, to());
  assert.equal(fromSeed(new TextEncoder().encode(seed)).getPublicKey(), user_public_key);
});

test("for a key of the caller's own there is no seed", async () => {
  const user_key = createUser().getPublicKey();
  const credential = await mint(GRANT, to({ user_key }));
  assert.equal(credential.user_public_key, user_key);
  assert.ok(!("seed" in credential));
});

test("a direction with nothing granted is denied, never left open", async () => {
  const { jwt } = await mint({ ...GRANT, publish: [], subscribe: [] }, to());
  const { nats } = decode<UserClaims["nats"]>(jwt);
  assert.deepEqual([nats.pub, nats.sub], [{ deny: [">"] }, { deny: [">"] }]);
});

test("names and subjects beyond ASCII survive", async () => {
  const { jwt } = await mint({ ...GRANT, publish: ["日本.😀.Zoë"] }, to({ issuer: "Zoë日本" }));
  const payload = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString());
  assert.equal(payload.name, "Zoë日本:0123456789abcdef");
  assert.deepEqual(payload.nats.pub.allow, ["日本.😀.Zoë"]);
});

test("a JWT that servers would not read is refused before it is signed", async () => {
  let signed = 0;
  const account = {
    public_key: ACCOUNT,
    signer: {
      public_key: signer().public_key,
      sign: async () => new Uint8Array(64).fill(signed++),
    },
  };
  const publish = Array.from({ length: 120 }, (_, i) => `orders.region-${i}.created`);
  await assert.rejects(
    mint({ ...GRANT, publish }, to({ account })),
    (error) => error instanceof StsError && error.code === "permissions_too_large",
  );
  assert.equal(signed, 0);
  const { jwt } = await mint({ ...GRANT, publish: publish.slice(0, 60) }, to());
  assert.ok(jwt.length <= JWT_LIMIT_BYTES && jwt.length > 2_000);
});

test("a signer that fails is our fault, and the cause stays out of the answer", async () => {
  const failing = {
    public_key: signer().public_key,
    sign: async () => Promise.reject(new Error("kms")),
  };
  await assert.rejects(
    mint(GRANT, to({ account: { public_key: ACCOUNT, signer: failing } })),
    (error) =>
      error instanceof StsError &&
      error.code === "signer_unavailable" &&
      !/kms/.test(error.message),
  );
});

test("claims that leave something open are never signed", async () => {
  const good = userClaims(GRANT, {
    name: "n",
    user_public_key: "U",
    account_public_key: ACCOUNT,
    signing_key: "A",
    issued_at: NOW_S,
    tags: [],
  });
  const { nats } = good;
  const open = [
    { ...good, nats: { ...nats, pub: {} } },
    { ...good, nats: { ...nats, sub: { allow: [] } } },
    { ...good, nats: { ...nats, sub: { deny: ["a"] } } },
    { ...good, nats: { ...nats, allowed_connection_types: [] } },
    { ...good, nats: { ...nats, src: [] } },
    { ...good, nats: { ...nats, times: [] } },
    { ...good, exp: 0 },
    { ...good, exp: NOW_S + 0.5 },
    { ...good, exp: good.iat },
  ];
  assert.doesNotThrow(() => assertBounded(good));
  for (const claims of open) {
    assert.throws(() => assertBounded(claims), /unbounded/);
    await assert.rejects(encodeUser(claims, signer()), /unbounded/);
  }
});

test("a trial credential is minted and read back, and a broken signer shows", async () => {
  await trialMint("ORDERS", { public_key: ACCOUNT, signer: signer() }, NOW_S);
  const wrong = { public_key: signer().public_key, sign: signer().sign };
  await assert.rejects(
    trialMint("ORDERS", { public_key: ACCOUNT, signer: wrong }, NOW_S),
    /does not verify/,
  );
});

test("a creds file begins with what a client cannot read out of the JWT", () => {
  const text = credsText("J.W.T", "SUSEED", "_INBOX.ab", 1_800_000_000);
  assert.deepEqual(text.split("\n").slice(0, 5), [
    "# inbox_prefix: _INBOX.ab",
    "# expires_at: 2027-01-15T08:00:00Z",
    "-----BEGIN NATS USER JWT-----",
    "J.W.T",
    "------END NATS USER JWT------",
  ]);
  assert.match(text, /\n-----BEGIN USER NKEY SEED-----\nSUSEED\n------END USER NKEY SEED------\n/);
});

test("the reference implementation accepts what is minted", async (t) => {
  const times = { location: "Europe/Berlin", ranges: [{ start: "08:00:00", end: "18:00:00" }] };
  const grants: Grant[] = [
    GRANT,
    { ...GRANT, publish: [] },
    { ...GRANT, publish: [], subscribe: [] },
    { ...GRANT, source_networks: ["10.0.0.0/8", "fd00::/8"] },
    { ...GRANT, times },
    { ...GRANT, limits: {} },
    { ...GRANT, subscribe: ["*.x"], deny_subscribe: ["$SYS.>"] },
    { ...GRANT, publish: ["日本.Zoë"] },
    { ...GRANT, deny_publish: ["orders.secret"], tags: ["team:blue"] },
    { ...GRANT, publish: [], responses: { max: 1, ttl_s: 120 } },
    { ...GRANT, connection_types: ["MQTT"], bearer: true },
    { ...GRANT, connection_types: ["LEAFNODE"] },
  ];
  const items = await Promise.all(
    grants.map(async (grant) => {
      const { jwt, seed = "" } = await mint(grant, to());
      return { jwt, seed, account_public_key: ACCOUNT, expect: { exp: grant.expires_at } };
    }),
  );
  const verdicts = await referenceCheck(items);
  if (!verdicts) return t.diagnostic("no Go here: compared with the kept vectors alone");
  assert.deepEqual(
    verdicts.map(({ errors }) => errors),
    // Of a bearer it says so, whoever it is for: MQTT has no other way.
    grants.map(({ bearer }) => (bearer ? ["bearer_token is true"] : [])),
  );
});

test("the reference implementation sees a credential that was changed", async (t) => {
  const { jwt } = await mint(GRANT, to());
  const [head, , signature] = jwt.split(".");
  const payload = { ...decode(jwt), name: "someone else" };
  const forged = `${head}.${Buffer.from(JSON.stringify(payload)).toString("base64url")}.${signature}`;
  const verdicts = await referenceCheck([forged]);
  if (!verdicts) return t.diagnostic("no Go here");
  assert.equal(verdicts[0]?.ok, false);
});
