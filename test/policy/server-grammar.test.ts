import assert from "node:assert/strict";
import { after, test } from "node:test";
import { permitsAll, permitsSome } from "../../src/policy/cases/permits.ts";
import { covers, decide, type Grant, parseSubject, type Subject } from "../../src/policy/index.ts";
import { guardStars } from "../../src/policy/star.ts";
import { fc, SEED } from "../support/fc.ts";
import { startNats } from "../support/nats.ts";
import { connectWith } from "../support/nats-client.ts";
import { minted, now_s } from "./client.ts";
import { identityOf, policyOf } from "./support.ts";

const GRANTS = 120;

/** Every subject of up to four tokens in a world of two: one more than a pattern has before its end. */
const TOKENS = ["a", "b"];
const two = TOKENS.flatMap((x) => TOKENS.map((y) => `${x}.${y}`));
const three = two.flatMap((xy) => TOKENS.map((z) => `${xy}.${z}`));
const LITERALS = [...TOKENS, ...two, ...three, ...two.flatMap((x) => two.map((y) => `${x}.${y}`))];

const pattern = fc
  .tuple(
    fc.array(fc.constantFrom("a", "b", "*", "{t}"), { minLength: 1, maxLength: 3 }),
    fc.boolean(),
  )
  .map(([tokens, rest]) => [...tokens, ...(rest ? [">"] : [])].join("."))
  .filter((text) => !text.startsWith("*.{")); // a fault: a claim would pick whose inbox
const queued = fc
  .tuple(pattern, fc.constantFrom("", "", "", " q", " q.*", " >"))
  .map(([subject, queue]) => subject + queue);
const role = fc.record({
  publish: fc.array(pattern, { maxLength: 3 }),
  subscribe: fc.array(queued, { minLength: 1, maxLength: 3 }),
  deny_publish: fc.array(pattern, { maxLength: 1 }),
  deny_subscribe: fc.array(
    pattern.filter((text) => !/^[*>]/.test(text)),
    { maxLength: 1 },
  ),
});
const use = fc.tuple(
  pattern.map((text) => text.replaceAll("{t}", "b")),
  fc.constantFrom("", "", "q", "q.1", "r"),
);

const parsed = (text: string): Subject => {
  const subject = parseSubject(text.replaceAll("{t}", "a"), "subscribe");
  assert.ok(!("fault" in subject), text);
  return subject;
};
const inbox = parsed("_INBOX.own.>");
/** A role is a fault by what no claim fills: only a grant knows what a slot will hold. */
const guarded = (subscribe: readonly string[]) =>
  "deny" in guardStars([inbox, ...subscribe.filter((text) => !text.includes("{")).map(parsed)]);
const sampled = fc
  .sample(role, { numRuns: 400, seed: SEED })
  .filter(({ subscribe }) => guarded(subscribe))
  .slice(0, GRANTS);
/** Whatever is drawn, stars at the end of three tokens are among it. */
const starry = ["a.*.*", "a.b.*", "*.a.*", "a.*.* q"].map((subject) => ({
  ...{ publish: [], subscribe: [subject], deny_publish: [], deny_subscribe: [] },
}));
const roles = [...starry, ...sampled];
/** What a server takes for a part of it: everything below. */
const below = (subscribe: readonly string[]) =>
  subscribe.flatMap((text): [string, string][] => {
    const [subject = "", queue = ""] = text.replaceAll("{t}", "a").split(" ");
    const asked = queue === "" || queue === "q" ? queue : "q.1";
    return subject.endsWith("*") ? [[`${subject.slice(0, -1)}>`, asked]] : [];
  });
const policy = policyOf(
  JSON.stringify({
    version: 1,
    rules: roles.map((grant, i) => ({
      ...{ name: `r${i}`, issuer: "corp", subject: `s${i}` },
      grant: { account: "ORDERS", allow_reserved: true, ...grant },
    })),
  }),
);

/** Whether a grant says, by brute force, that this subject may be published or heard. */
function says(allow: readonly string[], deny: readonly string[] = [], literal: string, queue = "") {
  const wanted = parsed(queue === "" ? literal : `${literal} ${queue}`);
  return (
    allow.some((one) => covers(parsed(one), wanted)) &&
    !deny.some((one) => covers(parsed(one), parsed(literal)))
  );
}

const scope = { after };
const nats = await startNats(scope);
const admin = await connectWith(scope, nats.url, await nats.accounts.ORDERS.user());

async function clientWith(grant: Grant) {
  const options = { inboxPrefix: grant.inbox_prefix };
  return connectWith(scope, nats.url, await minted(nats.accounts.ORDERS, grant), options);
}

function grantOf(i: number): Grant | undefined {
  const identity = identityOf({ subject: `s${i}`, claims: { t: "a" }, token_kind: "identity" });
  const decision = decide(policy, identity, {}, now_s());
  return decision.allow ? decision.grant : undefined;
}

test("nats-server lets through what a grant says, and nothing else", async (t) => {
  let [pairs, literals] = [0, 0];
  for (const [i, written] of roles.entries()) {
    const grant = grantOf(i);
    if (!grant) continue; // a value of the slot that makes stars meet
    const nc = await clientWith(grant);
    const where = `seed ${SEED}: ${JSON.stringify(written)}`;

    const heard = new Set<string>();
    const all = admin.subscribe(">", { callback: (_, m) => void heard.add(m.subject) });
    await admin.flush();
    for (const literal of LITERALS) nc.publish(literal);
    await nc.flush();
    await admin.flush();
    all.unsubscribe();
    for (const literal of LITERALS) {
      const expected = says(grant.publish, grant.deny_publish, literal);
      assert.equal(heard.has(literal), expected, `publish ${literal}, ${where}`);
      for (const permits of [permitsAll, permitsSome])
        assert.equal(permits(grant, "publish", parsed(literal)), expected, `${literal}, ${where}`);
      pairs++;
    }

    const asked = [...fc.sample(use, { numRuns: 12, seed: SEED + i }), ...below(written.subscribe)];
    for (const [subject, queue] of asked) {
      const got = new Set<string>();
      const sub = nc.subscribe(subject, {
        ...(queue !== "" && { queue }),
        callback: (_, m) => void got.add(m?.subject ?? ""),
      });
      await nc.flush();
      for (const literal of LITERALS) admin.publish(literal);
      await admin.flush();
      await nc.flush();
      sub.unsubscribe();
      got.delete("");
      const whole = queue === "" ? subject : `${subject} ${queue}`;
      for (const literal of got) {
        const allowed = says(grant.subscribe, grant.deny_subscribe, literal, queue);
        assert.ok(allowed, `${whole} hears ${literal}, ${where}`);
      }
      const named = LITERALS.filter((one) => covers(parsed(subject), parsed(one)));
      const all_of = permitsAll(grant, "subscribe", parsed(whole));
      if (all_of) {
        for (const literal of named)
          assert.ok(got.has(literal), `${whole} does not hear ${literal}, ${where}`);
      }
      if (got.size > 0)
        assert.ok(permitsSome(grant, "subscribe", parsed(whole)), `${whole} hears, ${where}`);
      // Of one subject, all and some are the same, and the same as what the server does.
      if (named.includes(subject)) {
        assert.equal(got.has(subject), all_of, `${whole}, ${where}`);
        literals++;
      }
      pairs += LITERALS.length;
    }
    await nc.close();
  }
  t.diagnostic(`${pairs} pairs of a grant and a use, seed ${SEED}`);
  assert.ok(pairs > 5_000 && literals > 50);
});

test("a queue form beside a plain subject, and denies that only together leave nothing", async () => {
  const grant: Grant = {
    account: "ORDERS",
    roles: ["r"],
    publish: ["o.*.x", "p.>"],
    deny_publish: ["o.secret.*", "p.*", "p.*.>"],
    subscribe: ["n.*", "*.eu workers", "one.a", "one.* q"],
    deny_subscribe: ["n.*.>"],
    connection_types: ["STANDARD"],
    limits: {},
    inbox_prefix: "_INBOX.own",
    expires_at: now_s() + 600,
  };
  const nc = await clientWith(grant);
  const hears = async (asked: string, literal: string) => {
    const [subject = "", queue = ""] = asked.split(" ");
    const got: string[] = [];
    const options = { ...(queue !== "" && { queue }) };
    nc.subscribe(subject, {
      ...options,
      callback: (_, m) => void got.push(...(m?.subject ? [m.subject] : [])),
    });
    await nc.flush();
    admin.publish(literal);
    await admin.flush();
    await nc.flush();
    return got.length > 0;
  };
  const subscribes: [asked: string, literal: string, all: boolean, some: boolean][] = [
    ["n.eu", "n.eu", true, true],
    ["n.eu workers", "n.eu", true, true],
    ["n.us audit", "n.us", true, true],
    ["n.* audit", "n.eu", true, true],
    ["one.a q", "one.a", true, true],
    ["one.a audit", "one.a", false, false],
    ["n.eu audit", "n.eu", false, true], // by n.* in that group
  ];
  for (const [asked, literal, all, some] of subscribes) {
    assert.equal(await hears(asked, literal), all, asked);
    assert.equal(permitsAll(grant, "subscribe", parsed(asked)), all, asked);
    assert.equal(permitsSome(grant, "subscribe", parsed(asked)), some, asked);
  }
  const heard: string[] = [];
  const all = admin.subscribe(">", { callback: (_, m) => void heard.push(m.subject) });
  await admin.flush();
  for (const subject of ["o.secret.x", "o.open.x", "p.a", "p.a.b.c"]) nc.publish(subject);
  await nc.flush();
  await admin.flush();
  all.unsubscribe();
  assert.deepEqual(heard, ["o.open.x"]);
  for (const none of ["o.secret.>", "p.>", "o.*.y"])
    assert.ok(!permitsSome(grant, "publish", parsed(none)), none);
  assert.ok(permitsSome(grant, "publish", parsed("o.>")));
  await nc.close();
});
