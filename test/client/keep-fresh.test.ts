import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ClientEffects,
  type CredentialOptions,
  credentialFetcher,
  type FetchedCredential,
  type FreshEvent,
  type Held,
  keepFresh,
  renewIfDue,
} from "../../src/client/index.ts";
import { makeUserKey } from "../../src/keys/index.ts";
import { goodAnswer, makeSigner, problemOf, START_S, TOKEN, virtualWorld } from "./support.ts";

const signer = makeSigner();
const TTL_S = 600;
const options: CredentialOptions = { url: "https://sts.example.com", token: async () => TOKEN };
const never = new AbortController().signal;

type Answering = (user_public_key: string, now_ms: number) => Promise<Response> | Response;

/** A service of this time, where nothing takes any. */
function world(answer: Answering, random?: number) {
  const keys: string[] = [];
  const all = virtualWorld(async (_, { body }) => {
    const { user_public_key } = JSON.parse(String(body));
    keys.push(user_public_key);
    return answer(user_public_key, all.now_ms());
  }, random);
  return Object.assign(all, { keys });
}

const good: Answering = async (key, now_ms) => {
  const issued_at = Math.floor(now_ms / 1000);
  return Response.json(await goodAnswer(signer, key, { issued_at, ttl_s: TTL_S }));
};

const problem = (status: number, code: string) => {
  const { body, headers } = problemOf(status, code);
  return new Response(String(body), { status, headers: { ...headers } });
};

/** Keeps fresh until this many events were told. */
async function run(effects: ClientEffects, count: number, held?: Held) {
  const stop = new AbortController();
  const events: FreshEvent[] = [];
  const taken: FetchedCredential[] = [];
  const work = {
    held,
    take: async (credential: FetchedCredential) => {
      taken.push(credential);
    },
    tell(event: FreshEvent) {
      if (events.push(event) === count) stop.abort();
    },
    stop: stop.signal,
  };
  await keepFresh(options, work, effects);
  return { events, taken };
}

const heldAt = (from_s: number, issued_at = from_s): Held => ({
  key: makeUserKey(),
  issued_at,
  expires_at: issued_at + TTL_S,
  from_ms: from_s * 1000,
});

test("it is renewed at 70 to 80 % of the lifetime, spread by chance, under the same user key", async () => {
  for (const [random, part] of [
    [0, 0.7],
    [0.5, 0.75],
    [1, 0.8],
  ] as const) {
    const effects = world(good, random);
    const { events, taken } = await run(effects, 4);
    const gaps = events.map(({ next_ms }) => next_ms - START_S * 1000);
    const each_ms = TTL_S * 1000 * part;
    assert.deepEqual(gaps, [each_ms, 2 * each_ms, 3 * each_ms, 4 * each_ms]);
    assert.deepEqual(
      events.map(({ type }) => type),
      Array(4).fill("renewed"),
    );
    assert.equal(new Set(effects.keys).size, 1);
    assert.equal(new Set(taken.map(({ seed }) => seed)).size, 1);
    assert.ok(Math.max(...effects.slept_ms) <= 60_000); // A suspended machine notices soon.
  }
});

test("a credential that is there is kept until it is due, and its user key after that", async () => {
  const effects = world(good);
  const held = heldAt(START_S - 200);
  const { events } = await run(effects, 2, held);
  assert.deepEqual(events[0], {
    type: "held",
    expires_at: START_S + 400,
    next_ms: (START_S + 250) * 1000,
  });
  assert.equal(events[1]?.type, "renewed");
  assert.deepEqual(effects.keys, [held.key.public_key]);
  assert.equal(effects.now_ms(), (START_S + 250) * 1000);
});

test("the service may ask for an earlier renewal, but not for one without rest", async () => {
  const early: Answering = async (key, now_ms) => {
    const issued_at = Math.floor(now_ms / 1000);
    const answer = await goodAnswer(signer, key, { issued_at, ttl_s: TTL_S });
    return Response.json({ ...answer, refresh_after: issued_at });
  };
  const { events } = await run(world(early), 1);
  assert.equal(events[0]?.next_ms, (START_S + TTL_S * 0.1) * 1000);
});

test("a service whose clock differs does not make the renewal early or late", async () => {
  for (const ahead_s of [-3600, 3600]) {
    const other: Answering = (key, now_ms) => good(key, now_ms + ahead_s * 1000);
    const { events } = await run(world(other), 2);
    assert.equal(events[1]?.next_ms, (START_S + 2 * TTL_S * 0.75) * 1000);
  }
});

test("a clock that is set back does not make the renewal late", async () => {
  const effects = world(good);
  const { sleep } = effects;
  let back = false;
  const stepping: ClientEffects = {
    ...effects,
    async sleep(ms, signal) {
      await sleep(ms, signal);
      if (!back) effects.set(effects.now_ms() - 7_200_000);
      back = true;
    },
  };
  await run(stepping, 2, heldAt(START_S));
  const slept_ms = effects.slept_ms.slice(0, 8).reduce((sum, ms) => sum + ms, 0);
  assert.equal(slept_ms, TTL_S * 0.75 * 1000);
});

test("while the service is away it is tried again without end, ever more rarely, and then goes on", async () => {
  let away = true;
  const effects = world((key, now_ms) => {
    if (now_ms > (START_S + 3 * TTL_S) * 1000) away = false;
    if (away)
      throw Object.assign(new TypeError("fetch failed"), { cause: new Error("ECONNREFUSED") });
    return good(key, now_ms);
  });
  const stop = new AbortController();
  const events: FreshEvent[] = [];
  const taken: FetchedCredential[] = [];
  const held = heldAt(START_S - TTL_S); // Expired just now.
  const take = async (credential: FetchedCredential) => {
    taken.push(credential);
  };
  const tell = (event: FreshEvent) => {
    events.push(event);
    if (event.type === "renewed") stop.abort();
  };
  await keepFresh(options, { held, take, tell, stop: stop.signal }, effects);
  const failures = events.filter((event) => event.type === "failed");
  assert.ok(failures.length > 30, String(failures.length));
  assert.ok(failures.every(({ expires_at }) => expires_at === held.expires_at));
  const waits = failures.slice(1).map(({ next_ms }, i) => next_ms - (failures[i]?.next_ms ?? 0));
  assert.deepEqual(waits.slice(0, 4), [750, 1500, 3000, 6000]);
  assert.equal(Math.max(...waits), 45_000);
  assert.equal(taken.length, 1);
  assert.equal(taken[0]?.seed, held.key.seed);
});

test("a refusal keeps the old one too, and what comes next is told", async () => {
  let refusals = 0;
  const effects = world((key, now_ms) =>
    refusals++ < 2 ? problem(401, "token_expired") : good(key, now_ms),
  );
  const { events, taken } = await run(effects, 3);
  assert.deepEqual(
    events.map(({ type }) => type),
    ["failed", "failed", "renewed"],
  );
  assert.match(String((events[0] as { error?: unknown }).error), /refused as token_expired/); // it failed
  assert.equal(taken.length, 1);
});

test("a renewal that cannot be written counts as a failure", async () => {
  const stop = new AbortController();
  const events: FreshEvent[] = [];
  const take = async () => {
    throw new Error("no space");
  };
  const tell = (event: FreshEvent) => {
    if (events.push(event) === 2) stop.abort();
  };
  await keepFresh(options, { take, tell, stop: stop.signal }, world(good));
  assert.deepEqual(
    events.map(({ type }) => type),
    ["failed", "failed"],
  );
});

test("a user key that became another identity's is given up for a new one", async () => {
  const held = heldAt(START_S - TTL_S);
  const effects = world((key, now_ms) =>
    key === held.key.public_key ? problem(409, "user_key_in_use") : good(key, now_ms),
  );
  const { events, taken } = await run(effects, 2, held);
  assert.deepEqual(
    events.map(({ type }) => type),
    ["held", "renewed"],
  );
  assert.notEqual(taken[0]?.seed, held.key.seed);
});

test("once: what is not due stays, what is due or missing is renewed", async () => {
  const fresh = world(good);
  assert.equal(await renewIfDue(options, heldAt(START_S - 400), fresh, never), undefined);
  assert.equal(fresh.keys.length, 0);
  const due = heldAt(START_S - 460);
  const renewed = await renewIfDue(options, due, fresh, never);
  assert.equal(renewed?.seed, due.key.seed);
  assert.ok(await renewIfDue(options, undefined, fresh, never));
});

test("a program has the newest credential in memory until it closes", async () => {
  const effects = world(good);
  let renewed = () => {};
  const second = new Promise<void>((resolve) => {
    renewed = resolve;
  });
  const { sleep } = effects;
  let renewals = 0;
  const sts = await credentialFetcher(
    {
      ...options,
      tell: ({ type }) => {
        if (type === "renewed" && ++renewals === 1) renewed();
      },
    },
    // After the renewal it sleeps until it is closed.
    {
      ...effects,
      sleep: (ms, signal) =>
        renewals === 0
          ? sleep(ms, signal)
          : new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
    },
  );
  const first = sts.current();
  await second;
  const next = sts.current();
  assert.ok(next.expires_at > first.expires_at);
  assert.equal(next.seed, first.seed);
  await sts.close();
});
