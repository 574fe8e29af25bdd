import assert from "node:assert/strict";
import { test } from "node:test";
import { ERRORS, type ErrorCode } from "../src/errors.ts";

const CODES = Object.keys(ERRORS) as ErrorCode[]; // the keys of a constant

test("OAuth clients read the error that RFC 8693 has for it", () => {
  const named = (error: string) => CODES.filter((code) => ERRORS[code].oauth === error);
  assert.deepEqual(named("invalid_target").sort(), [
    ...["account_not_granted", "account_required", "target_invalid"],
  ]);
  assert.deepEqual(named("invalid_scope"), ["role_not_granted"]);
  assert.deepEqual(named("invalid_client"), ["client_auth_unsupported"]);
  assert.deepEqual(named("unsupported_grant_type"), ["grant_type_unsupported"]);
  assert.deepEqual(named("use_dpop_nonce"), ["dpop_nonce_required"]);
  assert.deepEqual(named("server_error"), ["internal"]);
  for (const code of named("temporarily_unavailable")) assert.equal(ERRORS[code].status, 503);
});

test("every sentence fits an OAuth error_description and says what to do", () => {
  for (const { say } of Object.values(ERRORS)) {
    assert.match(say, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+\.$/);
    assert.ok(say.includes(":") || say.startsWith("Send"), say);
  }
});
