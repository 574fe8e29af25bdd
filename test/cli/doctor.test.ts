import assert from "node:assert/strict";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { startProvider } from "../support/provider.ts";
import { goodConfig, POLICY, runHere } from "./support.ts";

const scope = { after };
const provider = await startProvider(scope, { alg: "ES256" });
const issuerAt = (url: string, more: object = {}) => ({
  ...{ name: "corp", url, preset: "generic", audience: "nats-sts", insecure_http: true },
  ...more,
});

/** What doctor says with these issuers. */
async function doctor(issuers: readonly object[], now_ms = Date.now, policy = POLICY) {
  const { dir, file } = await goodConfig(scope, { issuers }, policy);
  const ran = await runHere(["doctor", "-c", file], { now_ms });
  return { ...ran, dir, file };
}

test("what is well is told with its keys, algorithms and clock", async () => {
  const { code, out } = await doctor([issuerAt(provider.issuer)]);
  assert.equal(code, 0, out);
  assert.match(out, /✓ +issuer +corp +http:\S+: 1 key \(ES256\); its clock is ours\n/);
  assert.match(out, /✓ +account +ORDERS +A[A-Z2-7]{55} signs\n/);
  assert.match(out, /✓ +policy +\S+policy\.yaml +1 rule, digest [0-9a-f]{16}\n/);
  assert.match(out, /All is well\.$/);
});

test("an issuer that is away is told with what to do", async (t) => {
  const away = await startProvider(t, { alg: "ES256" });
  await away.stop();
  const { code, out } = await doctor([issuerAt(away.issuer)]);
  assert.equal(code, 1);
  assert.match(out, /✗ +issuer +corp +http:\S+: .*ECONNREFUSED.*\n {4}nothing answers/);
  assert.match(out, /1 thing wrong\.$/);
});

test("an answer that is an error is told with its status and its URL", async (t) => {
  t.after(() => provider.intercept());
  provider.intercept((_, response) => Boolean(response.writeHead(403).end()));
  const { code, out } = await doctor([issuerAt(provider.issuer)]);
  assert.equal(code, 1);
  assert.match(out, /: http:\S+\/\.well-known\/openid-configuration answers 403\n/);
});

test("an issuer under another spelling of its url is told what to write", async () => {
  const { code, out } = await doctor([issuerAt(`${provider.issuer}/`)]);
  assert.equal(code, 1);
  assert.match(out, /write url exactly as the provider writes issuer/);
});

test("a clock that is off is wrong only where it matters", async () => {
  const ahead = await doctor([issuerAt(provider.issuer)], () => Date.now() - 3_600_000);
  assert.equal(ahead.code, 1);
  assert.match(ahead.out, /its clock is (?:1 hour|59 minutes) ahead\n {4}set both clocks by NTP/);
  const little = await doctor([issuerAt(provider.issuer)], () => Date.now() + 10_000);
  assert.equal(little.code, 0, little.out);
  assert.match(little.out, /its clock is (?:9|10|11) seconds behind/);
});

test("keys that cannot make a token that would be taken are wrong", async () => {
  const { code, out } = await doctor([issuerAt(provider.issuer, { algorithms: ["RS256"] })]);
  assert.equal(code, 1);
  assert.match(out, /set algorithms: \[ES256\]/);
});

test("an issuer that does not let itself be asked is wrong", async () => {
  const { dir } = await goodConfig(scope);
  const client_secret_file = join(dir, "secret");
  await writeFile(client_secret_file, "s", { mode: 0o600 });
  const introspection = { client_id: "sts", client_secret_file };
  const asked = { validation: "both", introspection };
  const { code, out } = await doctor([issuerAt(provider.issuer, asked)]);
  assert.equal(code, 1);
  assert.match(out, /cannot be asked about tokens: discovery names no introspection_endpoint\n/);
});

test("a folder in which no keys can be kept is wrong, and one that is yet to be made is not", async () => {
  const { dir } = await goodConfig(scope);
  const keep = (keep_dir: string) => doctor([issuerAt(provider.issuer, { jwks: { keep_dir } })]);
  assert.equal((await keep(join(dir, "keys"))).code, 0);
  const { code, out } = await keep(join(dir, "none", "keys"));
  assert.equal(code, 1);
  assert.match(out, /✗ +issuer +corp +its keys cannot be kept for outages: \S+ cannot be written/);
  const open = join(dir, "open");
  await mkdir(open);
  await chmod(open, 0o777);
  assert.match((await keep(open)).out, /can be changed by others than its owner: chmod go-w/);
});

test("an issuer without a rule is odd, and a policy that cannot be read is wrong", async () => {
  const issuers = [issuerAt(provider.issuer), issuerAt("http://127.0.0.1:1", { name: "idle" })];
  const odd = await doctor(issuers);
  assert.match(odd.out, /! +policy +idle +no rule is for this issuer\n/);
  const { file, dir } = odd;
  await writeFile(join(dir, "policy.yaml"), "version: 2\n");
  const { code, out } = await runHere(["doctor", "-c", file, "--json"]);
  assert.equal(code, 1);
  const { ok, findings } = JSON.parse(out);
  assert.equal(ok, false);
  assert.ok(
    findings.some(
      ({ what, state }: Record<string, string>) => what === "policy" && state === "wrong",
    ),
  );
});

test("a configuration with faults is told, each with its place", async () => {
  const { code, out } = await runHere(["doctor", "-c", "/nowhere.yaml"]);
  assert.equal(code, 1);
  assert.match(out, /✗ +configuration +\/nowhere\.yaml:1:1/);
});
