import assert from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type Held, readCreds, writeCreds } from "../../src/client/index.ts";
import { runHere } from "../cli/support.ts";
import { fc } from "../support/fc.ts";
import { makeDir } from "../support/service.ts";
import { goodAnswer, makeSigner, oldCreds, START_S, startFake, TOKEN } from "./support.ts";

const signer = makeSigner();
type Answer = Awaited<ReturnType<typeof goodAnswer>>;

/** What a service, or whoever stands in its place, could answer for a user key. */
const served = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ kind: "good" as const }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("any" as const), value: fc.json() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("changed" as const),
      field: fc.constantFrom<keyof Answer>(
        ...(["jwt", "user_public_key", "account", "account_public_key", "roles"].concat(
          ...["publish", "subscribe", "inbox_prefix", "servers", "issued_at", "expires_at"],
          ...["refresh_after", "id"],
        ) as (keyof Answer)[]), // names of its own fields
      ),
      value: fc.oneof(
        fc.jsonValue(),
        fc.constantFrom<unknown>(
          undefined,
          "_INBOX.a\n-----BEGIN",
          "a b",
          8.64e15,
          -1,
          ["a,b"],
          ["\n"],
        ),
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("mangled" as const),
      at: fc.nat(10_000),
      letter: fc.constantFrom(..."AZaz09-_.=\n"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cut" as const), at: fc.nat(2_000) }) },
);
/** All but those that are tried again after a while. */
const status = fc.constantFrom(200, 200, 200, 200, 201, 204, 302, 400, 401, 403, 409, 418, 500);

/** The text of one such answer. */
async function textOf(what: typeof served extends fc.Arbitrary<infer T> ? T : never, key: string) {
  const answer = await goodAnswer(signer, key);
  switch (what.kind) {
    case "good":
      return JSON.stringify(answer);
    case "any":
      return what.value;
    case "changed":
      return JSON.stringify({ ...answer, [what.field]: what.value });
    case "mangled": {
      const at = what.at % answer.jwt.length;
      const jwt = answer.jwt.slice(0, at) + what.letter + answer.jwt.slice(at + 1);
      return JSON.stringify({ ...answer, jwt });
    }
    case "cut":
      return JSON.stringify(answer).slice(0, what.at);
  }
}

test("whatever the service answers, there is a whole new creds file and 0, or the old one and 1", async (t) => {
  const dir = await makeDir(t);
  const file = join(dir, "app.creds");
  const old = await oldCreds(signer, START_S);
  let next = { status: 200, what: { kind: "good" } as Parameters<typeof textOf>[0] };
  const fake = await startFake(t, async ({ body, headers }) => {
    if (!headers.authorization) return { status: 404 };
    const text = await textOf(next.what, JSON.parse(body).user_public_key);
    return next.status === 204 ? { status: 204 } : { status: next.status, body: text };
  });
  const outcomes = new Set<number>();
  const property = fc.asyncProperty(served, status, async (what, answered) => {
    next = { status: answered, what };
    await writeCreds(file, old.text);
    const argv = ["fetch", "--url", fake.url, "--out", file];
    const { code, err } = await runHere(argv, { env: { NATS_STS_TOKEN: TOKEN } });
    outcomes.add(code ?? -1);
    assert.deepEqual(await readdir(dir), ["app.creds"]);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    if (code === 1) {
      assert.equal(await readFile(file, "utf8"), old.text);
      assert.match(err, /^nats-sts fetch: [ -~]+$/);
      return;
    }
    assert.equal(code, 0, err);
    assert.equal(answered, 200);
    const held = (await readCreds(file)) as Held; // else it has no key, which is looked at
    assert.ok(held.key);
    assert.notEqual(held.key.public_key, old.key.public_key);
    // As NATS clients parse it: two comment lines, one JWT, one seed.
    const text = await readFile(file, "utf8");
    assert.match(text, /^# inbox_prefix: [!-~]+\n# expires_at: [0-9T:-]{19}Z\n-----BEGIN/);
    assert.equal(text.split("-----BEGIN").length, 3);
  });
  await fc.assert(property, { numRuns: 400 });
  assert.deepEqual([...outcomes].sort(), [0, 1]);
});
