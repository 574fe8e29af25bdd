import assert from "node:assert/strict";
import { after, test } from "node:test";
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
  let pairs = 0;
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
      // What a plain permission covers is heard, unless another one is for a queue group only, or a
      // deny ends with a star, which the server lets match the > of a subscription as well.
      const plain =
        !grant.subscribe.some((one) => one.includes(" ")) &&
        !grant.deny_subscribe?.some((one) => one.endsWith("*"));
      if (plain && grant.subscribe.some((one) => covers(parsed(one), parsed(whole)))) {
        for (const literal of LITERALS.filter((one) => covers(parsed(subject), parsed(one)))) {
          if (!says(grant.subscribe, grant.deny_subscribe, literal, queue)) continue;
          assert.ok(got.has(literal), `${whole} does not hear ${literal}, ${where}`);
        }
      }
      pairs += LITERALS.length;
    }
    await nc.close();
  }
  t.diagnostic(`${pairs} pairs of a grant and a use, seed ${SEED}`);
  assert.ok(pairs > 5_000);
});
