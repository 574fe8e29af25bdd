import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeUser } from "@nats-io/jwt";
import { createAccount, createUser } from "@nats-io/nkeys";
import { type ReferenceItem, referenceCheck } from "./reference.ts";

test("the reference takes a good credential and says what is wrong with others", async (t) => {
  const [account, signer, user] = [createAccount(), createAccount(), createUser()];
  const now_s = Math.floor(Date.now() / 1000);
  const good = {
    pub: { allow: ["a"] },
    sub: { deny: [">"] },
    allowed_connection_types: ["STANDARD" as const],
  };
  const make = (claims: object, exp = now_s + 60) =>
    encodeUser("name", user, account.getPublicKey(), claims, { signer, exp });
  const jwt = await make(good);
  const items: readonly (string | ReferenceItem)[] = [
    {
      jwt,
      seed: new TextDecoder().decode(user.getSeed()),
      account_public_key: account.getPublicKey(),
      expect: { sub: user.getPublicKey(), nats: { pub: { allow: ["a"] } } },
    },
    { jwt, seed: new TextDecoder().decode(createUser().getSeed()) },
    { jwt, account_public_key: signer.getPublicKey(), expect: { name: "other" } },
    { jwt, account_public_key: createAccount().getPublicKey() },
    await make({ ...good, pub: { allow: [] } }),
    await make({ ...good, bearer_token: true }),
    await make({ ...good, allowed_connection_types: [] }),
    await make({ ...good, sub: { allow: ["a b c"] } }),
    await make(good, now_s + 90_000),
    await make(good, now_s - 1),
    `${jwt.slice(0, -4)}AAAA`,
  ];
  const verdicts = await referenceCheck(items);
  if (!verdicts) return t.skip("there is no Go");
  assert.deepEqual(verdicts[0]?.errors, []);
  assert.equal(verdicts[0]?.claims?.["name"], "name");
  const expected = [
    /^$/,
    /^the seed belongs to U/,
    /^\/name is name, not other$/,
    /^the JWT belongs to the account A/,
    /^pub.allow is empty/,
    /^bearer_token is true$/,
    /^allowed_connection_types are missing$/,
    /a b c/,
    /^the lifetime is over 24 h$/,
    /expired/,
    /signature/,
  ];
  assert.equal(verdicts.length, expected.length);
  for (const [i, words] of expected.entries()) {
    assert.match(verdicts[i]?.errors.join(" / ") ?? "", words);
    assert.equal(verdicts[i]?.ok, i === 0);
  }
});
