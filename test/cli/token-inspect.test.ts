import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, test } from "node:test";
import { startProvider } from "../support/provider.ts";
import { goodConfig, runHere } from "./support.ts";

const scope = { after };
const provider = await startProvider(scope, { alg: "ES256" });
const { dir, file } = await goodConfig(scope, {
  issuers: [
    {
      ...{ name: "corp", url: provider.issuer, preset: "generic", audience: "nats-sts" },
      ...{ insecure_http: true, required_scopes: ["orders.read"] },
    },
  ],
});

const inspect = (token: string, ...more: string[]) =>
  runHere(["token", "inspect", "-", "--config", file, ...more], {
    stdin: () => Readable.from([Buffer.from(`${token}\n`)]),
  });
const failed = (out: string) => out.split("\n").filter((line) => line.startsWith("✗"));

test("a good token is told with its issuer, its checks, its times and its identity", async () => {
  const { code, out, err } = await inspect(await provider.token());
  assert.deepEqual([code, err], [0, ""], out);
  assert.match(out, /^This is an access token \(RFC 9068\)\./);
  assert.match(out, /expires +in [45] minutes \(20\d\d-[\d-]+T[\d:]+Z\)/);
  assert.match(out, /Its issuer is corp \(preset generic\)/);
  assert.match(out, /✓ signature\n✓ issuer\n/);
  assert.match(out, /ACCEPTED\n +issuer +corp\n +kind +client\n +subject +worker\n/);
  assert.deepEqual(failed(out), []);
});

test("a token from a file gives the same", async () => {
  const path = join(dir, "token.txt");
  await writeFile(path, await provider.token());
  const ran = await runHere(["token", "inspect", "-c", file, "--file", "token.txt"], { cwd: dir });
  assert.equal(ran.code, 0, ran.out + ran.err);
});

test("every check that fails is told, with the operator's reason, and the first is the verdict", async () => {
  const token = await provider.forge({
    payload: { aud: "elsewhere", scope: "a b", exp: 1_700_000_300, iat: 1_700_000_000 },
  });
  const { code, out } = await inspect(token);
  assert.equal(code, 1);
  assert.deepEqual(failed(out), [
    "✗ audience: aud does not name this service (token_audience_mismatch)",
    "✗ times: exp is in the past (token_expired)",
    "✗ required scopes: orders.read missing (insufficient_scope)",
  ]);
  assert.match(out, /expires +\d+ days ago \(2023-11-14T22:18:20Z\)/);
  assert.match(out, /REFUSED {2}token_audience_mismatch/);
  assert.match(out, /\(token_audience_mismatch\)\n {4}expected: nats-sts\n/);
  assert.match(
    out,
    /The preset would make of it:\n +issuer +corp\n +kind +client\n +subject +worker\n/,
  );
});

test("a token that is bound to a key is no bad one: it is told that each use takes a proof", async () => {
  const jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
  const bound = await inspect(await provider.forge({ payload: { cnf: { jkt } } }));
  assert.equal(bound.code, 0, bound.out);
  assert.match(bound.out, /ACCEPTED\n[\s\S]*It is bound to a key: .*\(DPoP, RFC 9449\)/);
  const cert = await inspect(await provider.forge({ payload: { cnf: { "x5t#S256": "x" } } }));
  assert.equal(cert.code, 1);
  assert.deepEqual(failed(cert.out), [
    "✗ key binding: cnf binds the token to a key in a way of which proofs are not taken here (token_binding_invalid)",
  ]);
});

test("a token of a stranger is told with the issuers that there are", async () => {
  const token = await provider.forge({ payload: { iss: "https://elsewhere.test" } });
  const { code, out } = await inspect(token);
  assert.equal(code, 1);
  assert.match(out, /No configured issuer takes it\. These are configured:\n +corp +http:/);
  assert.match(out, /- signature: not looked at/);
});

test("what is no JWT is told by what it looks like", async () => {
  const say = async (token: string) => (await inspect(token)).out.split("\n")[0];
  assert.match((await say("opaque-token")) ?? "", /an opaque token, or a JWT that was cut off/);
  assert.match((await say("a.b.c.d.e")) ?? "", /encrypted/);
  assert.match((await say("")) ?? "", /empty/);
  const logout = await provider.forge({ header: { typ: "logout+jwt" } });
  assert.match((await say(logout)) ?? "", /a logout token/);
  const proof = await provider.forge({ header: { typ: "dpop+jwt" } });
  assert.match((await say(proof)) ?? "", /a DPoP proof/);
  assert.match(
    (await say(await provider.forge({ payload: { nonce: "n" }, header: { typ: "JWT" } }))) ?? "",
    /ID token/,
  );
});

test("JSON has the verdict, the checks and the identity", async () => {
  const good = JSON.parse((await inspect(await provider.token(), "--json")).out);
  assert.equal(good.accepted, true);
  assert.equal(good.identity.subject, "worker");
  const bad = JSON.parse((await inspect(`${await provider.token()}A`, "--json")).out);
  assert.deepEqual([bad.accepted, bad.code], [false, "token_signature_invalid"]);
  const foreign = await provider.forge({ payload: { aud: "x" } });
  const { checks, detail } = JSON.parse((await inspect(foreign, "--json")).out);
  assert.equal(detail.claim, "aud");
  assert.equal(
    checks.find(({ name }: { name: string }) => name === "audience").code,
    "token_audience_mismatch",
  );
});

test("a token on the command line is refused, and is not repeated", async () => {
  const token = await provider.token();
  for (const argv of [[token], ["-", token], ["--file", "x", token]]) {
    const { code, out, err } = await runHere(["token", "inspect", ...argv, "-c", file]);
    assert.equal(code, 2);
    assert.match(err, /does not belong on the command line/);
    assert.ok(!(out + err).includes(token.slice(0, 20)));
  }
});

test("without a token, a file or a configuration, it is told which", async () => {
  for (const [argv, said] of [
    [["-c", file], /name one file/],
    [["-c", file, "--file", "/nowhere"], /\/nowhere /],
    [["-c", "/nowhere.yaml", "-"], /nowhere\.yaml/],
  ] as const) {
    const { code, err } = await runHere(["token", "inspect", ...argv]);
    assert.equal(code, 2);
    assert.match(err, said);
  }
});
