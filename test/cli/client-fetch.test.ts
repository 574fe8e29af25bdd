import assert from "node:assert/strict";
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { connectWith, violations } from "../support/nats-client.ts";
import { deploy, PUBLIC_URL, start } from "./client-support.ts";
import { runHere } from "./support.ts";

const { nats, provider, service, dir, reach, token } = await deploy({ after });
const TOKEN = await token();
const env = { NATS_STS_TOKEN: TOKEN };
const seeds = (text: string) => text.match(/SU[A-Z2-7]{56}/g) ?? [];

test("fetch writes a file, for its owner alone, with which a client connects as it is", async (t) => {
  const file = join(dir, "app.creds");
  const ran = await start(t, ["fetch", ...reach, "--out", file], { env }).ended;
  assert.deepEqual([ran.code, ran.err], [0, ""]);
  assert.match(ran.out, /app\.creds: ORDERS, good until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$/);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const creds = await readFile(file, "utf8");
  const inboxPrefix = /^# inbox_prefix: (\S+)\n/.exec(creds)?.[1] ?? "";
  const nc = await connectWith(t, nats.url, creds, { inboxPrefix });
  const refused = violations(nc);
  nc.subscribe("orders.>");
  nc.subscribe(`${inboxPrefix}.1`);
  nc.publish("orders.new");
  assert.deepEqual(await refused(), []);
});

test("the journal says that the key was the caller's own, and knows no seed", async (t) => {
  const ran = await start(t, ["fetch", ...reach], { env }).ended;
  assert.equal(ran.code, 0, ran.err);
  const [seed = ""] = seeds(ran.out);
  assert.equal(seed.length, 58);
  const events = await service.journal();
  const issued = events.filter(({ type }) => type === "credential.issued");
  assert.ok(
    issued.length > 0 && issued.every((event) => "own_key" in event && event.own_key === true),
  );
  assert.ok(!JSON.stringify([events, service.logs()]).includes(seed));
});

test("what is asked for narrows the credential", async (t) => {
  const narrowing = [
    "--roles",
    "reader",
    "--subscribe",
    "orders.new",
    "--subscribe",
    "orders.done",
  ];
  const more = ["--publish", "", "--account", "ORDERS", "--ttl", "1m", "--format", "json"];
  const ran = await start(t, ["fetch", ...reach, ...narrowing, ...more], { env }).ended;
  assert.equal(ran.code, 0, ran.err);
  const credential = JSON.parse(ran.out);
  assert.deepEqual(credential.roles, ["reader"]);
  assert.deepEqual(credential.publish, []);
  const inbox = `${credential.inbox_prefix}.>`;
  assert.deepEqual(credential.subscribe.toSorted(), [inbox, "orders.done", "orders.new"]);
  assert.equal(credential.expires_at - credential.issued_at, 60);
  assert.equal(seeds(credential.seed).length, 1);
  await connectWith(t, nats.url, credential);
});

test("the token comes from a file, another variable, a command or standard input", async (t) => {
  const file = join(dir, "token");
  await writeFile(file, `${TOKEN}\n`);
  const sources: [string[], { env?: Record<string, string>; stdin?: string }][] = [
    [["--token-file", file], {}],
    [["--token-env", "MINE"], { env: { MINE: TOKEN } }],
    [["--token-command", `cat '${file}'`], {}],
    [["--token-file", "-"], { stdin: `${TOKEN}\n` }],
  ];
  for (const [source, options] of sources) {
    const { code, err } = await start(t, ["fetch", ...reach, ...source], options).ended;
    assert.deepEqual([code, err], [0, ""], source[0]);
  }
});

test("what a token command has to say is passed through", async (t) => {
  const file = join(dir, "get-token");
  await writeFile(file, "#!/bin/sh\necho 'who are you?' >&2\nexit 4\n");
  await chmod(file, 0o700);
  const ran = await start(t, ["fetch", ...reach, "--token-command", file]).ended;
  assert.equal(ran.code, 1);
  assert.match(ran.err, /^who are you\?\nnats-sts fetch: .*get-token failed \(exit code 4\)\n$/);
});

test("a refusal leaves the old file, names code and request id, and exits with 1", async (t) => {
  const file = join(dir, "refused.creds");
  await writeFile(file, "old", { mode: 0o600 });
  const refusals: [string, string][] = [
    [await provider.token({ client: "reader", audience: "other" }), "token_audience_mismatch"],
    [await provider.token({ client: "stranger" }), "no_rule_matched"],
    ["x.y.z", "token_malformed"],
  ];
  for (const [wrong, code] of refusals) {
    const args = ["fetch", ...reach, "--out", file];
    const ran = await start(t, args, { env: { NATS_STS_TOKEN: wrong } }).ended;
    assert.equal(ran.code, 1);
    assert.match(
      ran.err,
      new RegExp(`^nats-sts fetch: refused as ${code}: .*\\. \\(request [\\w-]+\\)\\n$`),
    );
    assert.ok(!ran.err.includes(wrong));
    const id = /\(request ([\w-]+)\)/.exec(ran.err)?.[1];
    const known = (await service.journal()).some(
      (event) => "request_id" in event && event.request_id === id,
    );
    // What is refused before it is verified may be noted a moment later.
    assert.ok(known || code !== "no_rule_matched");
    assert.equal(await readFile(file, "utf8"), "old");
  }
});

test("what listens there is told, and who asks is known to the service", async (t) => {
  const ran = await start(t, ["fetch", ...reach], { env }).ended;
  assert.equal(ran.code, 0, ran.err);
  const [last] = (await service.journal())
    .filter((event) => event.type === "credential.issued")
    .slice(-1);
  assert.match(String(last?.type === "credential.issued" && last.user_agent), /^nats-sts\/\d/);
  const https = service.url.replace("http:", "https:");
  const plain = await start(t, ["fetch", "--url", https], { env }).ended;
  assert.match(plain.err, /cannot be reached by https: what listens there speaks http/);
  const argv = ["fetch", ...reach, "--token-command", "nosuch-program"];
  assert.match((await start(t, argv).ended).err, /nosuch-program cannot be run: there is no such/);
});

test("an expired token in a variable is told to be of no use to those who go on", async (t) => {
  const expired = await provider.forge({
    payload: { client_id: "reader", iat: 1_000_000_000, nbf: undefined, exp: 1_000_000_300 },
  });
  const hint = /token_expired.*a variable, which never changes: use --token-file/;
  const variable = { env: { NATS_STS_TOKEN: expired } };
  const once = ["refresh", "--once", ...reach, "--out", join(dir, "expired.creds")];
  for (const argv of [once, ["exec", ...reach, "--", "true"]])
    assert.match((await start(t, argv, variable).ended).err, hint);
  assert.doesNotMatch((await start(t, ["fetch", ...reach], variable).ended).err, hint);
});

test("a service that is reached by another URL than its own says which to name", async (t) => {
  const ran = await start(t, ["fetch", "--url", service.url], { env }).ended;
  assert.equal(ran.code, 1);
  assert.match(ran.err, /refused as user_key_proof_invalid/);
  assert.ok(ran.err.includes(`if that is the one you mean, say --public-url ${PUBLIC_URL}`));
});

test("where the file cannot be written, no credential is asked for", async (t) => {
  const before = (await service.journal()).length;
  const out = join(dir, "nowhere", "app.creds");
  for (const command of [["fetch"], ["refresh"], ["refresh", "--once"]]) {
    const ran = await start(t, [...command, ...reach, "--out", out], { env }).ended;
    assert.equal(ran.code, 1);
    assert.match(ran.err, /app\.creds cannot be written: the folder \S+nowhere does not exist\n$/);
  }
  const TMPDIR = join(dir, "nowhere");
  const ran = await start(t, ["exec", ...reach, "--", "true"], { env: { ...env, TMPDIR } }).ended;
  assert.deepEqual([ran.code, /no folder for the creds file/.test(ran.err)], [1, true], ran.err);
  assert.equal((await service.journal()).length, before);
});

test("wrong usage is told, and exits with 2", async () => {
  const table: [string[], RegExp][] = [
    [[], /say which service: --url/],
    [["--url", "http://sts.example.com"], /--url must begin with https: plain http only/],
    [["--url", "https://sts.example.com?a"], /--url must be an https URL/],
    [[...reach, "--ttl", "5 minutes"], /--ttl must be a duration such as/],
    [[...reach, "--ttl", "3s"], /--ttl must be 5s at least/],
    [[...reach, "--format", "yaml"], /--format is creds or json/],
    [[...reach, "--token-env", "A", "--token-file", "b"], /one source of the token is enough/],
    [[...reach, "--token-command", " "], /the token command is empty/],
    [[...reach, "--token", TOKEN], /there is no option "--token"/],
  ];
  for (const [args, sentence] of table) {
    const { code, err } = await runHere(["fetch", ...args], { env });
    assert.equal(code, 2, args.join(" "));
    assert.match(err, sentence);
    assert.ok(!err.includes(TOKEN));
  }
});

test("without a token it says where one is looked for, and exits with 1", async (t) => {
  const { code, err } = await start(t, ["fetch", ...reach]).ended;
  assert.equal(code, 1);
  assert.match(err, /there is no token: NATS_STS_TOKEN is not set; set it, or use --token-file/);
});
