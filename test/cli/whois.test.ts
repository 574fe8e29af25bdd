import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { decode } from "@nats-io/jwt";
import { createAccount, createUser } from "@nats-io/nkeys";
import type { JournalEvent } from "../../src/journal/index.ts";
import { issued } from "../journal/support.ts";
import { startProvider } from "../support/provider.ts";
import { makeAccount, makeDir, startService } from "../support/service.ts";
import { DIGEST, EVIL, journalOf, NOON_MS } from "./journal-support.ts";
import { goodConfig, POLICY, runHere, runProgram } from "./support.ts";

const USER = createUser().getPublicKey();
const ID = "A".repeat(52);
const now_ms = () => NOON_MS + 60_000;
const EVENT = issued(ID, {
  request_id: "r1",
  client_request_id: "theirs",
  user_public_key: USER,
  own_key: true,
  identity: { issuer: "corp", kind: "client", subject: "svc", digest: DIGEST },
  trace: [{ rule: "night", missed: "times" }, { rule: "orders readers" }],
  policy: "p".repeat(64),
  address: "192.0.2.1",
  user_agent: "curl",
});

/** A credential that a real service gave, as its caller has it. */
async function given(t: TestContext) {
  const provider = await startProvider(t, { alg: "ES256" });
  const accounts = [await makeAccount(await makeDir(t))];
  const service = await startService(t, { provider, policy: POLICY, accounts });
  const answer = await service.ask(await provider.token(), undefined, { accept: "text/plain" });
  assert.equal(answer.status, 200, answer.text);
  const file = join(service.dir, "app.creds");
  await writeFile(file, answer.text, { mode: 0o600 });
  const jwt = /BEGIN NATS USER JWT-----\n(\S+)/.exec(answer.text)?.[1] ?? "";
  const seed = /BEGIN USER NKEY SEED-----\n(\S+)/.exec(answer.text)?.[1] ?? "";
  assert.match(seed, /^SU/);
  const [event] = (await service.journal()).filter(({ type }) => type === "credential.issued");
  assert.ok(event?.type === "credential.issued");
  return { service, file, jwt, seed, event, account: accounts[0] };
}

test("a user key and a credential id tell the identity, the rules and all the rest", async (t) => {
  const dir = await journalOf(t, [issued("other"), EVENT]);
  for (const name of [USER, ID]) {
    const { code, out, err } = await runHere(["whois", name, "--journal", dir], { now_ms });
    assert.deepEqual([code, err], [0, ""]);
    assert.equal(
      out,
      `credential  ${ID}
user key    ${USER} (the caller's own)
identity    corp:svc (client)
digest      ${DIGEST}
rules       "orders readers"
policy      ${"p".repeat(64)}
account     ORDERS, signed by A
roles       r
publish     nothing
subscribe   orders.>
issued      2030-01-01T12:00:00Z
expires     2030-01-01T12:15:00Z (840 s left)
request     r1, the caller's theirs
came by     http, 192.0.2.1, curl
journal     event 3 of main`,
    );
  }
});

test("all credentials of one key are told, up to the newest ten", async (t) => {
  const events: JournalEvent[] = Array.from({ length: 12 }, (_, i) => ({ ...EVENT, id: `c${i}` }));
  const dir = await journalOf(t, events);
  const { out } = await runHere(["whois", USER, "--journal", dir], { now_ms });
  assert.deepEqual(
    [...out.matchAll(/^credential {2}(\S+)/gm)].map(([, id]) => id),
    Array.from({ length: 10 }, (_, i) => `c${i + 2}`),
  );
  assert.match(out, /These are the newest 10 credentials/);
  const { out: json } = await runHere(["whois", USER, "--journal", dir, "--json"], { now_ms });
  assert.equal(json.split("\n").map((line) => JSON.parse(line)).length, 10);
});

test("what a caller wrote does not act on the terminal", async (t) => {
  const identity = { issuer: "corp", kind: "user", subject: EVIL, digest: DIGEST };
  const dir = await journalOf(t, [{ ...EVENT, identity, user_agent: EVIL }]);
  const { out } = await runHere(["whois", USER, "--journal", dir], { now_ms });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

test("what the journal does not know is no answer", async (t) => {
  const dir = await journalOf(t, [EVENT]);
  const { code, out, err } = await runHere([
    "whois",
    createUser().getPublicKey(),
    "--journal",
    dir,
  ]);
  assert.deepEqual([code, out], [1, ""]);
  assert.match(err, /knows of no such credential/);
});

test("a creds file is found in the journal of its service, by --config, --journal, file and standard input", async (t) => {
  const { service, file, jwt, seed, event } = await given(t);
  const { dir, config_file } = service;
  const runs = [
    await runProgram(t, ["whois", file, "--config", config_file]),
    await runProgram(t, ["whois", "--file", "app.creds", "--journal", "journal"], { cwd: dir }),
    await runHere(["whois", "--file", "-", "--journal", join(dir, "journal")], {
      stdin: () => Readable.from([Buffer.from(`${jwt}\n`)]),
    }),
    await runProgram(t, ["whois", event.user_public_key], {
      env: { NATS_STS_CONFIG: config_file },
    }),
  ];
  for (const { code, out, err } of runs) {
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, new RegExp(`^identity +corp:${event.identity?.subject} `, "m"));
    assert.match(out, new RegExp(`^request +${event.request_id}$`, "m"));
    assert.ok(!out.includes(seed.slice(4, 54)));
  }
});

test("a creds file is looked up where a configuration is beside, or is named by the variable", async (t) => {
  const { service, file, event } = await given(t);
  const { dir, config_file } = service;
  const named = { env: { NATS_STS_CONFIG: config_file } };
  for (const place of [{ cwd: dir }, named]) {
    const { code, out, err } = await runHere(["whois", file], place);
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, new RegExp(`^identity +corp:${event.identity?.subject} `, "m"));
  }
  const broken = join(await makeDir(t), "nats-sts.yaml");
  await writeFile(broken, "journal: stdout\n");
  const { code, out, err } = await runHere(["whois", file], { env: { NATS_STS_CONFIG: broken } });
  assert.equal(code, 0, err);
  assert.match(err, /^not looked up in a journal: \S+nats-sts\.yaml:/);
  assert.match(out, /^The signature fits/m);
});

test("without a journal a JWT tells its digests, request and account, and whether its signature fits", async (t) => {
  const { file, jwt, seed, event, account } = await given(t);
  const { code, out, err } = await runHere(["whois", file]);
  assert.deepEqual([code, err], [0, ""]);
  const short = event.identity?.digest.slice(0, 16);
  for (const line of [
    `name        corp:${short}`,
    `identity    digest begins with ${short}`,
    `policy      digest begins with ${event.policy?.slice(0, 16)}`,
    `request     ${event.request_id}`,
    `account     ${account?.public_key}, signed by ${event.signing_key}`,
    `credential  ${event.id}`,
  ]) {
    assert.ok(out.split("\n").includes(line), `${line}\n\n${out}`);
  }
  assert.match(
    out,
    /The signature fits A\w+\. Whether that is a signing key of the account that it claims, A\w+, is not checked\./,
  );
  assert.ok(!out.includes(seed.slice(4, 54)));
  assert.equal(JSON.parse((await runHere(["whois", file, "--json"])).out).id, decode(jwt).jti);
});

test("a JWT that was changed is told to be unverified, whatever it says and whatever the journal holds", async (t) => {
  const { service, jwt } = await given(t);
  const [header, payload = "", signature] = jwt.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  claims.nats.pub = { allow: [">"] };
  const changed = `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${signature}`;
  const file = join(service.dir, "changed.jwt");
  await writeFile(file, changed);
  const alone = await runHere(["whois", file]);
  assert.equal(alone.code, 1);
  assert.match(alone.out, /UNVERIFIED: the signature does not fit/);
  const looked_up = await runHere(["whois", file, "--journal", join(service.dir, "journal")]);
  assert.equal(looked_up.code, 1);
  assert.match(looked_up.err, /UNVERIFIED/);
});

test("a JWT that borrows the id of a credential is forged", async (t) => {
  const { service, jwt } = await given(t);
  const [header, payload = ""] = jwt.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  const mallory = createAccount();
  const body = `${header}.${Buffer.from(JSON.stringify({ ...claims, iss: mallory.getPublicKey() })).toString("base64url")}`;
  const signature = Buffer.from(mallory.sign(Buffer.from(body))).toString("base64url");
  const file = join(service.dir, "forged.jwt");
  await writeFile(file, `${body}.${signature}`);
  const { code, err } = await runHere(["whois", file, "--journal", join(service.dir, "journal")]);
  assert.equal(code, 1);
  assert.match(err, /it is forged/);
});

test("wrong usage says what is right, and never repeats a secret", async (t) => {
  const dir = await makeDir(t);
  await writeFile(join(dir, "text"), "hello");
  await writeFile(join(dir, "large"), "x".repeat(100_000));
  const seed = Buffer.from(createUser().getSeed()).toString();
  const jwt = "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl";
  const { file } = await goodConfig(t, { journal: "stdout" });
  const table: [string[], RegExp][] = [
    [[], /name a user key \(U\.\.\.\), a credential id, or a file/],
    [[USER, USER], /name a user key/],
    [[USER, "--file", "x"], /name a user key/],
    [[seed], /that is a seed, which is a secret/],
    [[jwt], /does not belong on the command line/],
    [[`${USER.slice(0, -1)}${USER.endsWith("A") ? "B" : "A"}`], /that is no user key/],
    [["none"], /none cannot be read \(ENOENT\)/],
    [["text"], /text holds no NATS user JWT/],
    [["large"], /large holds no NATS user JWT/],
    [["--file", "-"], /standard input holds no NATS user JWT/],
    [[USER, "--journal", dir, "--config", file], /--journal or --config, not both/],
    [[USER, "--journal", dir], /holds no journal/],
    [[USER, "--config", file], /journal: stdout, which keeps nothing/],
    [[USER], /nats-sts\.yaml:1:1: cannot be read \(ENOENT\)/],
  ];
  for (const [args, says] of table) {
    const ran = await runHere(["whois", ...args], { cwd: dir });
    assert.equal(ran.code, 2, args.join(" "));
    assert.match(ran.err, says);
    assert.ok(!ran.err.includes(seed) && !ran.err.includes(jwt) && ran.out === "");
  }
});
