import assert from "node:assert/strict";
import { test } from "node:test";
import { StsError } from "../../src/errors.ts";
import { inspectToken, usedProofs, verify } from "../../src/identity/index.ts";
import { dpopKey } from "../support/dpop.ts";
import { active, keys, world } from "./asking.ts";
import { forge } from "./forge.ts";
import { claimsOf, type Members, NOW_S } from "./support.ts";

test("a JWT is told to its own issuer alone, and a bad signature or header to nobody", async () => {
  const jwt = forge({}, claimsOf(), keys);
  const both = world();
  const stranger = forge({ payload: { iss: "https://third.test" } }, claimsOf(), keys);
  assert.equal(await both.outcome(stranger), "issuer_untrusted");
  assert.equal(await both.outcome(`${jwt.slice(0, -6)}AAAAAA`), "token_signature_invalid");
  assert.equal(both.asked.length, 0);
  assert.equal(await both.outcome(jwt), "accepted");
  assert.equal(both.asked.length, 1);

  const every = world({ config: { validation: "introspection" }, answer: { active: false } });
  assert.equal(await every.outcome(jwt), "token_expired");
  assert.equal(every.asked.length, 1);
  assert.equal(
    await every.outcome(forge({ header: { typ: "logout+jwt" } }, claimsOf(), keys)),
    "token_type_not_allowed",
  );
  assert.equal(every.asked.length, 1);
});

const JKT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

for (const validation of ["introspection", "both"] as const) {
  const outcome = (own: Members, answer: unknown = active()) =>
    world({ config: { validation }, answer }).outcome(forge({ payload: own }, claimsOf(), keys));

  test(`${validation}: a JWT that its issuer has revoked, or cannot be asked about, is refused`, async () => {
    assert.equal(await outcome({}), "accepted");
    assert.equal(await outcome({}, { active: false }), "token_expired");
    assert.equal(await outcome({}, new Response("", { status: 500 })), "issuer_unavailable");
    const down = () => Promise.reject(new Error("ECONNREFUSED"));
    assert.equal(await outcome({}, down), "issuer_unavailable");
  });

  for (const [name, payload, code] of [
    ["for others", { aud: "elsewhere" }, "token_audience_mismatch"],
    ["expired", { exp: NOW_S - 31, iat: NOW_S - 60 }, "token_expired"],
    ["an ID token", { nonce: "n" }, "token_type_not_allowed"],
    ["a refresh token", { token_use: "refresh" }, "token_type_not_allowed"],
    ["a logout token", { events: {} }, "token_type_not_allowed"],
    ["bound to a key", { cnf: { jkt: JKT } }, "token_binding_invalid"],
    ["bound to a certificate", { cnf: { "x5t#S256": "x" } }, "token_binding_invalid"],
    ["of somebody else", { sub: "eve" }, "token_claims_invalid"],
  ] as const) {
    test(`${validation}: refused by what the JWT says, whatever its issuer answers: ${name}`, async () =>
      assert.equal(await outcome(payload), code));
    test(`${validation}: refused by what the issuer answers, whatever the JWT says: ${name}`, async () =>
      assert.equal(await outcome({}, active(payload)), code));
  }

  test(`${validation}: a proof counts where either side binds the token to the key`, async () => {
    const holder = await dpopKey();
    const cnf = { jkt: holder.jkt };
    for (const [own, answer] of [
      [{ cnf }, active()],
      [{}, active({ cnf })],
      [{ cnf }, active({ cnf })],
    ] as const) {
      const token = forge({ payload: own }, claimsOf(), keys);
      const { verifier } = world({ config: { validation }, answer });
      const url = "https://sts.test/v1/credentials";
      const jwt = await holder.proof(url, token, { iat: NOW_S });
      const proof = { jwt, method: "POST", url, names_token: true };
      await verify(token, { ...verifier, proofs: usedProofs() }, NOW_S, proof);
    }
  });
}

test("for a JWT with a good signature it is enough that the issuer calls it active", async () => {
  const token = forge({}, claimsOf(), keys);
  const answer = { active: true, token_type: "Bearer" };
  assert.equal(await world({ answer }).outcome(token), "accepted");
});

test("a lightweight JWT is what its issuer says of it", async () => {
  const payload = { aud: undefined, sub: undefined, scope: undefined };
  const token = forge({ payload }, claimsOf(), keys);
  const { verifier } = world({ config: { validation: "introspection" } });
  const { subject, scopes } = await verify(token, verifier, NOW_S);
  assert.deepEqual([subject, scopes.length], ["alice", 2]);
});

test("the inspection of a JWT that was revoked says so", async () => {
  const token = forge({}, claimsOf(), keys);
  const { verdict, checks } = await inspectToken(
    token,
    world({ answer: { active: false } }).verifier,
    NOW_S,
  );
  assert.ok(verdict instanceof StsError);
  assert.deepEqual(
    checks.flatMap(({ name, code }) => (code ? [[name, code]] : [])),
    [["active, says the issuer", "token_expired"]],
  );
});
