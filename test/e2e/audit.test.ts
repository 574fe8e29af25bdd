import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { runHere } from "../cli/support.ts";
import { startProvider } from "../support/provider.ts";
import { makeAccount, makeDir, startService } from "../support/service.ts";
import { configure, hangUp, metric, replace } from "./reloading.ts";

const LIMIT = { timeout: 60_000 };
const rule = (client: string, grant: string) =>
  `  - { name: ${client}, issuer: corp, client: ${client}, grant: { account: ORDERS, ${grant} } }\n`;

/** Everybody may publish a, but for the client new. */
const ENFORCED = `version: 1
rules:
${["same", "wide", "narrow"].map((client) => rule(client, "publish: [a]")).join("")}`;
const NEXT = `version: 1
rules:
${rule("same", "publish: [a]")}${rule("wide", "publish: [a, b]")}${rule("new", "publish: [a]")}`;

const scope = { after };
const clients = ["same", "wide", "narrow", "new"].map((id) => ({ id }));
const provider = await startProvider(scope, { alg: "ES256", clients });
const dir = await makeDir(scope);
const next_file = join(dir, "next.yaml");
await writeFile(next_file, NEXT);
const service = await startService(scope, {
  dir,
  provider,
  policy: ENFORCED,
  accounts: [await makeAccount(dir)],
  config: {
    policy: [
      { file: "policy.yaml", mode: "enforce" },
      { file: "next.yaml", mode: "audit" },
    ],
  },
});
const ask = async (client: string) => {
  const { status, json } = await service.ask(await provider.token({ client }));
  return status === 200 ? json.publish : json.code;
};
const decided = async () =>
  (await service.journal()).flatMap((event) =>
    event.type === "credential.issued" || event.type === "credential.refused" ? [event] : [],
  );
const modes = async () =>
  (await service.journal()).flatMap((event) =>
    event.type === "policy.loaded" ? [[event.mode, event.policy] as const] : [],
  );

test("a policy on trial decides nothing, and where it differs stands in the same event", async () => {
  for (const client of ["same", "wide", "narrow"]) assert.deepEqual(await ask(client), ["a"]);
  assert.equal(await ask("new"), "no_rule_matched");
  const [[, enforced] = [], [, audited] = []] = await modes();
  assert.deepEqual(
    (await modes()).map(([mode]) => mode),
    ["enforce", "audit"],
  );
  const events = await decided();
  assert.deepEqual(
    events.map(({ policy, audit }) => [policy, audit?.result, audit?.policy]),
    [
      [enforced, undefined, undefined],
      [enforced, "wider", audited],
      [enforced, "narrower", audited],
      [enforced, "wider", audited],
    ],
  );
  assert.deepEqual(events[1]?.audit?.more, ["publish b"]);
  const { code, less } = events[2]?.audit ?? {};
  assert.deepEqual([code, less?.[0]], ["no_rule_matched", "publish a"]);
});

test("metrics say what is on trial, and what came of it", async () => {
  const [, [, audited] = []] = await modes();
  assert.equal(await metric(service, /policy_info\{digest="(\w+)".*mode="audit"\} 1/), audited);
  for (const [result, count] of Object.entries({ same: 1, wider: 2, narrower: 1 }))
    assert.equal(
      await metric(service, new RegExp(`audit_total\\{result="${result}"\\} (\\d+)`)),
      String(count),
    );
});

test("policy diff tells by the journal for whom the two differ on real requests, and in what", async () => {
  const args = ["policy", "diff", service.policy_file, next_file];
  const { code, out } = await runHere([...args, "--journal", join(dir, "journal")]);
  assert.equal(code, 3);
  assert.match(out, /^corp client wide: tried wider\n {2}\+ publish b {2}WIDER$/m);
  assert.match(
    out,
    /^corp client narrow: tried narrower, refused as no_rule_matched\n {2}- publish a\n/m,
  );
  assert.match(out, /^corp client new: tried wider\n {2}\+ publish a/m);
  assert.doesNotMatch(out, /client same: tried/);
  assert.match(out, /tried on 4 decisions: 3 differed/);
  const back = [
    "policy",
    "diff",
    next_file,
    service.policy_file,
    "--journal",
    join(dir, "journal"),
  ];
  assert.doesNotMatch((await runHere(back)).out, /tried/, "that one was never tried");
});

test("journal tail shows it below the decision", async () => {
  const args = ["journal", "tail", join(dir, "journal"), "--verbose", "--code", "no_rule_matched"];
  const { out } = await runHere(args);
  assert.match(out, /^ {4}on trial: wider by policy [0-9a-f]{16}\n {6}\+ publish a$/m);
});

test(
  "it is reloaded with the rest: broken it is refused, and when it is gone nothing is tried",
  LIMIT,
  async () => {
    const before = await modes();
    await replace(next_file, "version: 2\n");
    assert.match((await hangUp(service)).msg, /^reload refused/);
    assert.deepEqual(await modes(), before);
    await replace(next_file, ENFORCED);
    assert.equal((await hangUp(service)).msg, "reloaded");
    const [enforced, audited] = (await modes()).slice(-2);
    assert.deepEqual([enforced, audited?.[0]], [before[0], "audit"]);
    await ask("wide");
    assert.equal((await decided()).at(-1)?.audit, undefined);
    await configure(service, (config) => {
      config["policy"] = "policy.yaml";
    });
    assert.equal((await hangUp(service)).msg, "reloaded");
    assert.deepEqual((await modes()).slice(-1), [before[0]]);
    assert.equal(await metric(service, /(policy_info\{.*mode="audit"\})/), undefined);
  },
);
