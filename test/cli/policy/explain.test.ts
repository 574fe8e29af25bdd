import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { goodConfig, runHere } from "../support.ts";
import { folderWith, POLICY } from "./support.ts";

const claims = (value: object) => JSON.stringify({ sub: "alice", iat: 1_800_000_000, ...value });
const token = (value: object) =>
  `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from(claims(value)).toString("base64url")}.x`;

test("what is granted is told with its rules, its JWT and its size, and that nothing was verified", async (t) => {
  const { run } = await folderWith(t, { "policy.yaml": POLICY, c: claims({ scope: "work" }) });
  const { code, out, err } = await run("explain -p policy.yaml --issuer corp c");
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /^NOT VERIFIED: no signature, audience or time of a token was checked\./);
  assert.match(out, /^ {2}\+ {2}workers {2}policy\.yaml:5 {2}gives worker$/m);
  assert.match(out, /^rules \(and 1 rule of other issuers\)$/m);
  assert.match(out, /^ALLOWED {2}in account ORDERS$/m);
  assert.match(out, /^ {2}lifetime {4}10m, until 2027-01-15T08:10:00Z$/m);
  assert.match(out, /^JWT of \d{3,4} bytes, of at most 3500$/m);
  assert.match(out, /"iat": 1800000000/);
});

test("a refusal tells what the rule wanted and what the claims have, and exits with 1", async (t) => {
  const { run } = await folderWith(t, {
    "policy.yaml": POLICY,
    c: claims({
      repository_id: "1",
      repository_owner_id: "1",
      event_name: "push",
      ref: "refs/heads/x",
    }),
  });
  const { code, out } = await run("explain -p policy.yaml --issuer github c");
  assert.equal(code, 1);
  assert.match(
    out,
    /missed on claims\.ref\n {6}wants {2}"refs\/heads\/main"\n {6}has {4}"refs\/heads\/x"/,
  );
  assert.match(out, /^REFUSED {2}no_rule_matched\n {2}No rule of the policy matches/m);
});

test("claims come from a file, standard input or a whole token, and never from the command line", async (t) => {
  const { run } = await folderWith(t, {
    "policy.yaml": POLICY,
    t: `${token({ scope: "work" })}\n`,
    bad: "[1]",
    twice: '{"sub":"a","sub":"b"}',
  });
  assert.equal((await run("explain -p policy.yaml --issuer corp t")).code, 0);
  const stdin = () => Readable.from([Buffer.from(claims({ scope: "work" }))]);
  assert.equal((await run("explain -p policy.yaml --issuer corp -", { stdin })).code, 0);
  const typed = await run(`explain -p policy.yaml --issuer corp ${token({})}`);
  assert.equal(typed.code, 2);
  assert.match(typed.err, /a token does not belong on the command line/);
  assert.ok(!typed.err.includes(token({})));
  for (const name of ["bad", "twice", "none", ""])
    assert.equal((await run(`explain -p policy.yaml --issuer corp ${name}`)).code, 2, name);
});

test("a request narrows, is cut and is refused as by the service", async (t) => {
  const { run } = await folderWith(t, { "policy.yaml": POLICY, c: claims({ scope: "work" }) });
  const ask = async (options: string) => {
    const { out } = await run(`explain -p policy.yaml --issuer corp c --json ${options}`);
    const { allow, code, grant, at } = JSON.parse(out);
    return allow ? [grant.publish, grant.expires_at - at] : code;
  };
  assert.deepEqual(await ask("--ttl 1m --publish orders.done.x"), [["orders.done.x"], 60]);
  assert.deepEqual(await ask("--publish="), [[], 600]);
  assert.equal(await ask("--roles boss"), "role_not_granted");
  assert.equal(await ask("--account BILLS"), "account_not_granted");
  assert.equal((await run("explain -p policy.yaml c --ttl soon")).code, 2);
});

test("an old token explains itself; --at now says that it has expired", async (t) => {
  const old = claims({ scope: "work", iat: 1_500_000_000, exp: 1_500_000_300 });
  const { run } = await folderWith(t, { "policy.yaml": POLICY, c: old });
  assert.equal((await run("explain -p policy.yaml --issuer corp c")).code, 0);
  const { code, out } = await run("explain -p policy.yaml --issuer corp c --at now");
  assert.equal(code, 1);
  assert.match(out, /^REFUSED {2}token_expired$/m);
  assert.equal((await run("explain -p policy.yaml --issuer corp c --at someday")).code, 2);
});

test("claims without a time are explained as of now, or of the time that is asked about", async (t) => {
  const c = JSON.stringify({ sub: "alice", scope: "work" });
  const { run } = await folderWith(t, { "policy.yaml": POLICY, c });
  const before_s = Math.floor(Date.now() / 1000);
  const { at } = JSON.parse((await run("explain -p policy.yaml --issuer corp c --json")).out);
  assert.ok(at >= before_s && at <= Date.now() / 1000);
  const { code, out } = await run(
    "explain -p policy.yaml --issuer corp c --at 2099-01-01T00:00:00Z",
  );
  assert.equal(code, 0, out);
  assert.match(out, /until 2099-01-01T00:10:00Z$/m);
});

test("what a claim says cannot act on the terminal", async (t) => {
  const sub = "a\u009b31m\u202e";
  const { run } = await folderWith(t, {
    "policy.yaml": POLICY.replace("scopes: [work]", "claims: { team: x }"),
    c: claims({ team: `${sub}\u001b[31m` }),
  });
  for (const option of ["", " --json"]) {
    const { out } = await run(`explain -p policy.yaml --issuer corp c${option}`);
    assert.doesNotMatch(out.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u);
    assert.match(out, /u202e/);
  }
});

test("claims of no issuer that there is, or that make no identity, are refused with the reason", async (t) => {
  const { run } = await folderWith(t, {
    "policy.yaml": POLICY,
    c: claims({ iss: "https://x.test" }),
    d: "{}",
  });
  const stranger = await run("explain -p policy.yaml c");
  assert.equal(stranger.code, 1);
  assert.match(stranger.out, /^REFUSED {2}issuer_untrusted/);
  const wrong = await run("explain -p policy.yaml --issuer corp d --json");
  assert.equal(JSON.parse(wrong.out).code, "token_claims_invalid");
});

test("with a configuration, its issuers, accounts and lifetimes are those of the service; no key is read", async (t) => {
  const { dir, file } = await goodConfig(t, {
    max_ttl: "2m",
    default_ttl: "1m",
    accounts: undefined,
  });
  assert.ok(dir);
  const config = await runHere(["policy", "explain", "-c", file, "-"], {
    stdin: () => Readable.from([Buffer.from(claims({ iss: "http://127.0.0.1:1" }))]),
  });
  assert.equal(config.code, 2, "a configuration without accounts is a fault");
  const whole = await goodConfig(t, { max_ttl: "2m", default_ttl: "1m" });
  const { out } = await runHere(["policy", "explain", "-c", whole.file, "-", "--json"], {
    stdin: () => Readable.from([Buffer.from(claims({ iss: "http://127.0.0.1:1" }))]),
  });
  const { grant, at, jwt } = JSON.parse(out);
  assert.equal(grant.expires_at - at, 60);
  assert.match(jwt.nats.issuer_account, /^A[A-Z2-7]{55}$/);
});
