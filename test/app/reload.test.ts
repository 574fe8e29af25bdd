import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createLocalJWKSet, type JWSHeaderParameters } from "jose";
import { pino } from "pino";
import { inForce } from "../../src/app/in-force.ts";
import type { Effects, Loaded } from "../../src/app/index.ts";
import { reloading } from "../../src/app/reload.ts";
import { openStanding } from "../../src/app/standing.ts";
import { readEverything } from "../../src/cli/load.ts";
import { StsError } from "../../src/errors.ts";
import { exchange } from "../../src/exchange.ts";
import { type Issued, type JournalEvent, openJournal } from "../../src/journal/index.ts";
import { goodConfig } from "../cli/support.ts";
import { claimsOf, keysOf, publicOf, sign } from "../identity/support.ts";
import { readJournal } from "../support/service.ts";

const LIMIT = { timeout: 60_000 };
const policy = (...publish: readonly string[]) => `version: 1
rules:
  - { name: everyone, issuer: corp, grant: { account: ORDERS, publish: [${publish.join(", ")}] } }
`;

/** What reloads, without doors, and a clock that is set by hand. */
async function start(t: TestContext, config: Readonly<Record<string, unknown>> = {}) {
  const undo: (() => unknown)[] = [];
  const scope = { after: (stop: () => unknown) => void undo.unshift(stop) };
  t.after(async () => {
    for (const stop of undo) await stop();
  });
  const { dir, file } = await goodConfig(scope, { max_ttl: "2h", ...config }, policy("a", "b"));
  const owner = { uid: process.getuid?.() ?? 0 };
  const files = () => readEverything({ values: { config: file } }, { env: {}, owner, cwd: dir });
  const first = await files();
  assert.ok("loaded" in first);
  const { loaded } = first;
  const { now, heard, ...effects } = effectsOf();
  const standing = await openStanding(loaded, effects);
  await standing.journal.close();
  const journal = await openJournal({
    ...{
      dir: join(dir, "journal"),
      writer: "main",
      unverified: { burst: 1, per_s: 1 },
      segment_bytes: 1,
      keep_s: 86_400,
    },
    ...{ now: effects.now_ms, max_ttl_s: 86_400, on_fatal() {} },
  });
  scope.after(() => journal.close());
  /** What the journal refuses while it is set. */
  let refused: string | undefined;
  const record = async (event: JournalEvent) => {
    if (event.type === refused) throw new StsError("journal_unavailable");
    return journal.record(event);
  };
  const world = inForce(loaded, { ...standing, journal });
  const again = reloading(
    world,
    { ...standing, journal: { ...journal, record } },
    { seen: first.seen, read: files },
    () => {},
  );
  scope.after(() => again.close());
  return {
    ...{ now, heard, first: world, loaded, again },
    refuse: (type?: string) => {
      refused = type;
    },
    put: (text: string) => writeFile(join(dir, "policy.yaml"), text),
    configure: (more: object) => configure(file, more),
    issue: (exp: number, id = "i") => journal.record({ ...issuedBy(loaded, exp), id }),
    events: () => readJournal(join(dir, "journal", "main")),
  };
}

async function configure(file: string, more: object) {
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), ...more }));
}

function effectsOf() {
  const now = { ms: Date.parse("2030-01-01T00:00:00Z") };
  const waiting = new Map<string, (line: Record<string, unknown>) => void>();
  const write = (text: string) => {
    const line = JSON.parse(text);
    waiting.get(line.msg)?.(line);
  };
  const effects: Effects = {
    now_ms: () => now.ms,
    fetch: () => Promise.reject(new Error("nobody is there")),
    log: pino({}, { write }),
    owner: { uid: process.getuid?.() ?? 0 },
    write: async () => {},
    fatal() {},
  };
  const heard = (msg: string) =>
    new Promise<Record<string, unknown>>((resolve) => waiting.set(msg, resolve));
  return { ...effects, now, heard };
}

const issuedBy = ({ policy }: Loaded, exp: number): Issued => ({
  ...{ type: "credential.issued", door: "http", request_id: "r", id: "i", own_key: false },
  ...{ user_public_key: "U", signing_key: "A", account: "ORDERS", roles: ["everyone"] },
  ...{ publish: ["a", "b"], subscribe: [], iat: 0, exp, policy: policy.digest },
  identity: { issuer: "corp", kind: "client", subject: "s", digest: "d" },
  trace: [{ rule: "everyone" }],
});

const COMPARED = "live credentials compared with the new policy";
const NOW_S = Date.parse("2030-01-01T00:00:00Z") / 1000;

/** An exchange that takes until it is ended. */
function underWay({ first }: Pick<Awaited<ReturnType<typeof start>>, "first">) {
  let end = () => {};
  void first.run(() => new Promise<void>((resolve) => (end = resolve)));
  return { end: () => end() };
}

test(
  "a reload that changes nothing does not end the search for narrowed credentials",
  LIMIT,
  async (t) => {
    const app = await start(t);
    const compared = app.heard(COMPARED);
    await app.issue(NOW_S + 60);
    const slow = underWay(app);
    await app.put(policy("a"));
    await app.again.reload("a test");
    await app.again.reload("a test, again");
    slow.end();
    const { live, surely } = await compared;
    assert.deepEqual([live, surely], [1, 1]);
  },
);

test(
  "credentials that are given under a policy before the last one are compared, too",
  LIMIT,
  async (t) => {
    const app = await start(t);
    const compared = app.heard(COMPARED);
    const slow = underWay(app);
    await app.put(policy("a", "b", "c"));
    await app.again.reload("a test");
    await app.put(policy("a"));
    await app.again.reload("a test, again");
    await new Promise(setImmediate);
    await app.issue(NOW_S + 60);
    slow.end();
    const { live, surely } = await compared;
    assert.deepEqual([live, surely], [1, 1]);
  },
);

test(
  "a credential of before a shorter max_ttl is still found when the policy changes",
  LIMIT,
  async (t) => {
    const app = await start(t);
    await app.issue(NOW_S + 7_200);
    app.now.ms += 60_000;
    for (let i = 0; i < 3; i++) await app.issue(NOW_S); // closes the segment that holds it
    await app.configure({ max_ttl: "30m" });
    await app.again.reload("a test");
    app.now.ms += 3_600_000;
    const compared = app.heard(COMPARED);
    await app.put(policy("a"));
    await app.again.reload("a test, again");
    assert.equal((await compared)["live"], 1);
  },
);

test(
  "what the journal says of the policy in force is true after a reload that it took in part",
  LIMIT,
  async (t) => {
    const app = await start(t);
    await app.put(policy("a"));
    await app.configure({ issuers: [OTHER] });
    app.refuse("config.loaded");
    await app.again.reload("a test");
    assert.equal(
      app.again.current().loaded,
      app.loaded,
      "nothing is in force that is not on record",
    );
    await app.put(policy("a", "b"));
    app.refuse();
    await app.again.look();
    const last = (await app.events()).findLast(({ type }) => type === "policy.loaded");
    assert.equal(last?.type === "policy.loaded" && last.policy, app.loaded.policy.digest);
  },
);

test("what could not be recorded is put in force as soon as it can be", LIMIT, async (t) => {
  const app = await start(t);
  await app.put(policy("a"));
  app.refuse("policy.loaded");
  await app.again.look();
  assert.equal(app.again.current().loaded, app.loaded);
  app.refuse();
  await app.again.look();
  const { digest } = app.again.current().loaded.policy;
  assert.notEqual(digest, app.loaded.policy.digest);
});

const OTHER = {
  name: "corp",
  url: "http://127.0.0.1:1",
  preset: "generic",
  audience: "another",
  insecure_http: true,
};

test(
  "a search that the journal stopped is made again, and names nobody twice",
  LIMIT,
  async (t) => {
    const app = await start(t);
    await app.issue(NOW_S + 60, "one");
    await app.issue(NOW_S + 60, "two");
    const failed = app.heard("live credentials could not be compared with the new policy");
    await app.put(policy("a"));
    app.refuse("policy.narrowed");
    await app.again.reload("a test");
    await failed;
    const compared = app.heard(COMPARED);
    app.refuse();
    await app.again.look();
    const { live, surely } = await compared;
    assert.deepEqual([live, surely], [2, 2]);
    const named = (await app.events()).flatMap((event) =>
      event.type === "credential.narrowed" ? event.id : [],
    );
    assert.deepEqual(named, ["one", "two"]);
  },
);

/** A token of the issuer in force, and an exchange of it that waits for the keys until it is told to go on. */
async function waitingForKeys({ first, loaded }: Awaited<ReturnType<typeof start>>) {
  const [config] = loaded.config.issuers;
  const issuer = config && first.issuers.get(config.url);
  assert.ok(issuer);
  const { ES256: key } = await keysOf("ES256");
  const claims = { iss: issuer.url, aud: issuer.audience, iat: NOW_S, exp: NOW_S + 60 };
  const token = await sign(key, claimsOf(claims));
  let go = () => {};
  const keys = new Promise<void>((resolve) => {
    go = resolve;
  }).then(() => createLocalJWKSet({ keys: [publicOf(key)] }));
  const waiting = {
    ...issuer.keys,
    resolve: async (header: JWSHeaderParameters) => (await keys)(header),
  };
  const issuers = new Map([[issuer.url, { ...issuer, keys: waiting }]]);
  const world = { ...first.world, verifier: { ...first.world.verifier, issuers } };
  const asked = { request_id: "r", door: "http" } as const;
  const exchanged = exchange({ token, narrowing: {}, user_key: {}, asked }, world).then(
    () => "issued",
    (error: StsError) => error.code,
  );
  return { exchanged, go };
}

for (const [name, change, code] of [
  ["not replaced", {}, "issued"],
  ["removed", { name: "other", url: "http://127.0.0.1:2" }, "issuer_untrusted"],
  ["changed", { audience: ["another"] }, "issuer_unavailable"],
] as const) {
  test(
    `a token whose issuer is ${name} while its keys are waited for: ${code}`,
    LIMIT,
    async (t) => {
      const app = await start(t);
      const { exchanged, go } = await waitingForKeys(app);
      const [corp] = app.loaded.config.issuers;
      await app.configure({
        issuers: [
          {
            name: "corp",
            url: corp?.url,
            preset: "generic",
            audience: corp?.audience,
            insecure_http: corp?.insecure_http,
            ...change,
          },
        ],
      });
      if (code === "issuer_untrusted") await app.put(policy("a").replace("corp", "other"));
      await app.again.reload("a test");
      assert.notEqual(app.again.current(), app.first);
      go();
      assert.equal(await exchanged, code);
    },
  );
}
