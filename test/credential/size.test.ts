import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeUser, jwtBytes, userClaims } from "../../src/credential/index.ts";
import type { Grant } from "../../src/policy/index.ts";

test("the size that is told beforehand is that of the signed JWT, to the byte", async () => {
  const signer = { public_key: `A${"A".repeat(55)}`, sign: async () => new Uint8Array(64) };
  for (let length = 0; length < 8; length++) {
    const grant: Grant = {
      account: "ORDERS",
      roles: [],
      publish: [`a${"b".repeat(length)}`],
      subscribe: ["é"],
      connection_types: ["STANDARD"],
      limits: {},
      inbox_prefix: "_INBOX.x",
      expires_at: 1_800_000_060,
    };
    const claims = userClaims(grant, {
      name: "corp:0",
      user_public_key: `U${"A".repeat(55)}`,
      account_public_key: signer.public_key,
      signing_key: signer.public_key,
      issued_at: 1_800_000_000,
      tags: [],
    });
    const { jwt } = await encodeUser(claims, signer);
    assert.equal(jwtBytes(claims), jwt.length);
  }
});
