import assert from "node:assert/strict";
import { ERRORS, type ErrorCode } from "../../../src/errors.ts";
import type { Heard, RawAnswer } from "./wire.ts";

/**
 * Of an answer, and of the end of what is slow: a time limit of a second, a look at it each second, and
 * much to spare for a busy machine.
 */
export const ANSWER_LIMIT_MS = 10_000;

/** `200`, or the status and the code; fails where an error is none of the table. */
function said({ status, headers, body }: RawAnswer): string {
  if (status < 300 || body === "") return String(status); // also an interim answer, or one to HEAD
  const { code, request_id } = JSON.parse(body) as { code: ErrorCode; request_id: string };
  const oauth = headers.get("content-type") === "application/json";
  assert.equal(
    headers.get("content-type"),
    oauth ? "application/json" : "application/problem+json",
  );
  assert.ok(oauth || status === ERRORS[code].status, `${status} ${code}`);
  assert.equal(headers.get("x-request-id"), request_id);
  assert.equal(headers.get("cache-control"), "no-store");
  return `${status} ${code}`;
}

/**
 * What was heard is what should be, in time, and beyond it at most the answer to the request that came
 * after. Returns the ids of the credentials in it.
 */
export function assertHeard(heard: Heard, expected: readonly string[]): string[] {
  const { answers, rest, took_ms } = heard;
  const [own, beyond] = [answers.slice(0, expected.length), answers.slice(expected.length)];
  assert.deepEqual(own.map(said), expected);
  assert.ok(beyond.length === 0 || beyond.map(({ body }) => body).join() === '{"status":"ok"}');
  assert.equal(rest, "");
  assert.ok(took_ms < ANSWER_LIMIT_MS, `${took_ms} ms`);
  for (const { body } of own) assert.doesNotMatch(body, /node:|\.js:\d/); // no stack trace
  return own.flatMap(({ body }) => /"id":"([^"]+)"/.exec(body)?.[1] ?? []);
}
