import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Answer, startService } from "../support/service.ts";
import { assertRecorded, assertVerifies, outcomeOf, serving, unready } from "./callers.ts";
import { movableClock } from "./faketime.ts";

const LIMIT = { timeout: 120_000 };
const HOUR_S = 3600;
const TTL_S = 900;
/** For a machine that is busy. */
const SLACK_S = 5;

const realNow_s = () => Date.now() / 1000;

async function withClock(t: TestContext) {
  const clock = await movableClock(t);
  const all = await serving(t, undefined, { env: clock.env });
  const { provider } = all;
  const received: string[] = [];
  /** Asks with a token that is good by a clock which is so far from the real one. */
  const ask = async (offset_s = 0, from = all.service): Promise<Answer> => {
    const iat = Math.floor(realNow_s() + offset_s);
    const answer = await from.ask(
      await provider.forge({ payload: { iat, exp: iat + 2 * HOUR_S } }),
    );
    if (answer.status === 200) received.push(answer.json.id);
    return answer;
  };
  const outcome = async (...from: Parameters<typeof ask>) => outcomeOf(await ask(...from));
  return { ...all, clock, received, ask, outcome };
}

/** A credential must end a lifetime after the clock of the service. */
function assertLifetime({ status, text, json }: Answer, offset_s: number): void {
  assert.equal(status, 200, text);
  const { issued_at, expires_at, jwt } = json;
  assert.ok(Math.abs(issued_at - (realNow_s() + offset_s)) <= SLACK_S, `${issued_at}`);
  assert.equal(expires_at, issued_at + TTL_S);
  const [, claims = ""] = jwt.split(".");
  assert.equal(JSON.parse(Buffer.from(claims, "base64url").toString()).exp, expires_at);
}

test(
  "a clock that goes back by more than 30 s gives nothing, says so, and issues when it is right again",
  LIMIT,
  async (t) => {
    const { options, service, clock, received, ask, outcome } = await withClock(t);
    assertLifetime(await ask(), 0);
    await clock.set(-60);
    for (const offset_s of [0, -60]) assert.equal(await outcome(offset_s), "clock_unreliable");
    assert.deepEqual(await unready(service), ["clock"]);
    assert.equal((await service.request("/healthz")).status, 200);
    await clock.set(0);
    assert.deepEqual(await unready(service), []);
    assertLifetime(await ask(), 0);
    await assertRecorded(options.dir, received);
    await assertVerifies(t, options.dir);
  },
);

test(
  "a clock that goes back a little goes on, and no credential lives longer by it",
  LIMIT,
  async (t) => {
    const { options, service, clock, ask } = await withClock(t);
    assertLifetime(await ask(), 0);
    await clock.set(-20);
    assertLifetime(await ask(-20), -20);
    assert.deepEqual(await unready(service), []);
    await assertVerifies(t, options.dir);
  },
);

test(
  "after a jump forward tokens that have ended are refused, and credentials end by the new clock",
  LIMIT,
  async (t) => {
    const { options, service, clock, received, ask, outcome } = await withClock(t);
    const token = await service.ask(await options.provider.token());
    assert.equal(token.status, 200, token.text);
    received.push(token.json.id);
    await clock.set(3 * HOUR_S);
    assert.equal(outcomeOf(await service.ask(await options.provider.token())), "token_expired");
    assert.equal(await outcome(0), "token_expired");
    assertLifetime(await ask(3 * HOUR_S), 3 * HOUR_S);
    assert.deepEqual(await unready(service), []);
    await assertRecorded(options.dir, received);
    await assertVerifies(t, options.dir);
  },
);

test(
  "a clock that was ahead for a while leaves the service refusing until it has caught up, also after a restart",
  LIMIT,
  async (t) => {
    const { options, service, clock, received, ask, outcome } = await withClock(t);
    await clock.set(HOUR_S);
    assertLifetime(await ask(HOUR_S), HOUR_S);
    await clock.set(0);
    assert.equal(await outcome(), "clock_unreliable");
    assert.equal(await service.stop(), 0);
    const again = await startService(t, { ...options, env: clock.env });
    assert.equal(await outcome(0, again), "clock_unreliable");
    assert.deepEqual(await unready(again), ["clock"]);
    await clock.set(HOUR_S); // as it will stand in an hour
    assertLifetime(await ask(HOUR_S, again), HOUR_S);
    await assertRecorded(options.dir, received);
    await assertVerifies(t, options.dir);
  },
);
