import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openJournal } from "../../../src/journal/index.ts";
import { openPolicy } from "../../../src/policy/index.ts";
import { CASES, folderWith, POLICY } from "./support.ts";

const WIDER = POLICY.replace("[orders.done.*]", "[orders.>]");
const NARROWER = POLICY.replace("ttl: 10m", "ttl: 5m");
const FILES = {
  "old.yaml": POLICY,
  "wider.yaml": WIDER,
  "narrower.yaml": NARROWER,
  "c.cases.yaml": CASES,
};

test("a change that widens says for whom, and exits with 3", async (t) => {
  const { run } = await folderWith(t, FILES);
  const { code, out, err } = await run("diff old.yaml wider.yaml --cases c.cases.yaml");
  assert.deepEqual([code, err], [3, ""]);
  assert.equal(
    out,
    `case "workers work"
  + publish orders.> in ORDERS  WIDER

WIDER: 1 of 2 cases changed; 0 added, 0 removed, 1 changed of rules and roles`,
  );
});

test("one that narrows exits with 0, and so does none at all", async (t) => {
  const { run } = await folderWith(t, FILES);
  const narrower = await run("diff old.yaml narrower.yaml");
  assert.equal(narrower.code, 0);
  assert.match(narrower.out, /^ {2}~ publish orders\.done\.\* in ORDERS \(ttl 600s -> 300s\)$/m);
  const same = await run("diff old.yaml old.yaml");
  assert.equal(same.code, 0);
  assert.match(same.out, /^not wider: 0 of 2 cases changed/);
});

test("what no case reaches is named, so that silence is not taken for nothing", async (t) => {
  const { run } = await folderWith(t, {
    ...FILES,
    "more.yaml": `${POLICY}  - { name: new, issuer: corp, scopes: [n], grant: { account: ORDERS, publish: [n] } }\n`,
  });
  const { out } = await run("diff old.yaml more.yaml");
  assert.match(out, /no case reaches the new or changed rule new: nothing is said of it$/m);
});

test("what administrators get is more without any case", async (t) => {
  const admin = (can: string) =>
    `${POLICY}  - { name: ops, issuer: corp, scopes: [ops], admin: [ops] }\nadmin_roles: { ops: { accounts: [ORDERS], can: [${can}] } }\n`;
  const { run } = await folderWith(t, {
    ...FILES,
    "few.yaml": admin("revoke"),
    "more.yaml": admin("revoke, journal"),
  });
  const { code, out } = await run("diff few.yaml more.yaml");
  assert.equal(code, 3);
  assert.match(out, /^rule ops\n {2}\+ administer journal in ORDERS {2}WIDER$/m);
  assert.match(
    out,
    /1 changed of rules and roles\nno case reaches the new or changed admin role ops/,
  );
  assert.equal((await run("diff more.yaml few.yaml")).code, 0);
});

test("Markdown is a comment for a pull request, in which nothing of a case is markup", async (t) => {
  const { run } = await folderWith(t, {
    ...FILES,
    "c.cases.yaml": CASES.replace("workers work", "'`<b>` @all | x'"),
  });
  const { code, out } = await run("diff old.yaml wider.yaml --markdown");
  assert.equal(code, 3);
  assert.match(out, /^### This policy gives more than the one before\n/);
  assert.ok(out.includes('\n#### `` case "`<b>` @all \\| x" ``\n'), out);
  assert.match(out, /^\| \*\*wider\*\* \| `publish orders\.> in ORDERS` \|$/m);
});

test("JSON tells the same to programs", async (t) => {
  const { run } = await folderWith(t, FILES);
  const answer = JSON.parse((await run("diff old.yaml wider.yaml --json")).out);
  assert.equal(answer.widens, true);
  assert.deepEqual(
    answer.cases[0].gained.map(({ subject }: { subject: string }) => subject),
    ["orders.>"],
  );
  assert.equal((await run("diff old.yaml wider.yaml --json --markdown")).code, 2);
  assert.equal((await run("diff old.yaml")).code, 2);
});

test("over a journal: certain by the trace of the old policy, possible where claims would tell", async (t) => {
  const { dir, run } = await folderWith(t, {
    ...FILES,
    "other.yaml": WIDER.replace("scopes: [work]", "claims: { team: x }"),
  });
  const old = openPolicy([{ path: "old.yaml", bytes: Buffer.from(POLICY) }]);
  await journalOf(join(dir, "journal"), old.policy.digest);
  const wider = await run("diff old.yaml wider.yaml --journal journal");
  assert.equal(wider.code, 3);
  assert.match(
    wider.out,
    /^corp user ada\\u009b, corp user bob\n {2}\+ publish orders\.> in ORDERS {2}WIDER$/m,
  );
  assert.match(wider.out, /2 of 3 journaled identities changed/);
  assert.match(wider.out, /a journal keeps no claims/);
  const other = await run("diff old.yaml other.yaml --journal journal");
  assert.equal(other.code, 3);
  assert.match(other.out, /\? possibly gained: publish orders\.> in ORDERS\s+WIDER$/m);
  await writeFile(join(dir, "empty.txt"), "");
  assert.equal((await run("diff old.yaml wider.yaml --journal nowhere")).code, 2);
});

/** A journal in which two workers were issued credentials, and a stranger none. */
async function journalOf(dir: string, policy: string): Promise<void> {
  const journal = await openJournal({
    dir,
    writer: "main",
    keep_s: 86_400,
    max_ttl_s: 3600,
    unverified: { burst: 1, per_s: 1 },
    now: () => 1_800_000_000_000,
    on_fatal: assert.fail,
  });
  for (const [subject, missed] of [["ada\u009b"], ["bob"], ["eve", "scopes"]] as const) {
    const asked = { door: "http", request_id: subject, token_sha256: "0" } as const;
    const identity = { issuer: "corp", kind: "user", subject, digest: subject };
    const trace = [
      { rule: "workers", ...(missed && { missed }) },
      { rule: "deploy", missed: "issuer" },
    ];
    await journal.record({
      ...asked,
      type: "credential.refused",
      identity,
      policy,
      trace,
      code: "account_required",
    });
  }
  await journal.close();
}
