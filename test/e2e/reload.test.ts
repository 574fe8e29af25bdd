import assert from "node:assert/strict";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { createAccount } from "@nats-io/nkeys";
import { startProvider } from "../support/provider.ts";
import {
  makeAccount,
  makeDir,
  type Service,
  type ServiceOptions,
  startService,
} from "../support/service.ts";
import { configure, hangUp, metric, reloaded, replace } from "./reloading.ts";

/** What is waited for comes in a second or two, or never. */
const LIMIT = { timeout: 60_000 };
const scope = { after };
const [provider, leaving] = await Promise.all([
  startProvider(scope, { alg: "ES256" }),
  startProvider(scope, { alg: "ES256" }),
]);

const policy = (subject: string, more = "") => `
version: 1
rules:
  - { name: all, issuer: corp, grant: { account: ORDERS, publish: [${subject}] } }
${more}`;

/** A service, and its folder of keys. */
async function start(t: TestContext, more: Partial<ServiceOptions> = {}) {
  const keys = await makeDir(t);
  const account = await makeAccount(keys);
  const config = { reload_every: "1h", ...more.config }; // nothing is read unless it is asked for
  const options = { provider, policy: policy("a"), accounts: [account], ...more, config };
  return { service: await startService(t, options), account, keys };
}

async function published(service: Service, token?: string): Promise<unknown> {
  const { status, json } = await service.ask(token ?? (await provider.token()));
  return status === 200 ? json.publish : json.code;
}

test(
  "SIGHUP puts a new policy in force, and says so in log, journal and metrics",
  LIMIT,
  async (t) => {
    const { service } = await start(t);
    assert.deepEqual(await published(service), ["a"]);
    await replace(service.policy_file, policy("b"));
    assert.deepEqual(await published(service), ["a"], "nothing changes before it was read");
    const { msg, why } = await hangUp(service);
    assert.deepEqual([msg, why], ["reloaded", "SIGHUP"]);
    assert.deepEqual(await published(service), ["b"]);
    const events = await service.journal();
    const digests = events.flatMap((event) => (event.type === "policy.loaded" ? event.policy : []));
    assert.equal(digests.length, 2);
    const last = events.findLast(({ type }) => type === "credential.issued");
    assert.equal(last?.type === "credential.issued" && last.policy, digests[1]);
    assert.equal(await metric(service, /policy_info\{.*?digest="(\w+)"/), digests[1]);
    assert.equal(await metric(service, /reload_total\{result="loaded"\} (\d+)/), "1");
  },
);

test(
  "a broken policy is refused with its place, and the last good one stays until it is mended",
  LIMIT,
  async (t) => {
    const { service } = await start(t, { config: { reload_every: "1s" } });
    const broken = await reloaded(service, () =>
      replace(
        service.policy_file,
        policy("a..b", "  - { name: more, issuer: crop, grant: { account: ORDERS } }"),
      ),
    );
    assert.equal(broken.msg, "reload refused: what was loaded before stays in force");
    assert.equal(broken.why, "a file has changed");
    assert.match(broken.reason ?? "", /policy\.yaml:4:\d+: /);
    assert.match(broken.reason ?? "", /policy\.yaml:5:\d+: .*crop/);
    assert.deepEqual(await published(service), ["a"]);
    assert.equal((await service.request("/readyz")).status, 200);
    assert.equal(await metric(service, /reload_total\{result="refused"\} (\d+)/), "1");
    const mended = await reloaded(service, () => replace(service.policy_file, policy("c")));
    assert.equal(mended.msg, "reloaded");
    assert.deepEqual(await published(service), ["c"]);
  },
);

test(
  "a mounted volume that swaps its link is taken up by itself, nothing else is read twice",
  LIMIT,
  async (t) => {
    const dir = await makeDir(t);
    for (const name of ["one", "two"]) {
      await mkdir(join(dir, name));
      await writeFile(join(dir, name, "policy.yaml"), policy(name));
    }
    await symlink("one", join(dir, "data"));
    const file = join(dir, "data", "policy.yaml");
    const { service } = await start(t, { config: { policy: file, reload_every: "1s" } });
    assert.deepEqual(await published(service), ["one"]);
    await reloaded(service, async () => {
      await symlink("two", join(dir, "data.new"));
      await rename(join(dir, "data.new"), join(dir, "data"));
    });
    assert.deepEqual(await published(service), ["two"]);
    await rm(join(dir, "data")); // also what is gone is a change, and is refused
    const gone = await reloaded(service, () => {});
    assert.match(gone.reason ?? "", /cannot be read \(ENOENT\)/);
    assert.deepEqual(await published(service), ["two"]);
    assert.equal(await metric(service, /reload_total\{result="loaded"\} (\d+)/), "1");
  },
);

test(
  "an issuer that is removed is not trusted any more, and the others keep their keys",
  LIMIT,
  async (t) => {
    const issuer = (name: string, { issuer, audience }: typeof provider) => ({
      name,
      url: issuer,
      preset: "generic",
      audience,
      insecure_http: true,
    });
    const both = [issuer("corp", provider), issuer("leaving", leaving)];
    const { service } = await start(t, {
      policy: policy(
        "a",
        "  - { name: theirs, issuer: leaving, grant: { account: ORDERS, publish: [b] } }",
      ),
      config: { issuers: both },
    });
    const token = await leaving.token();
    assert.deepEqual(await published(service, token), ["b"]);
    assert.deepEqual(await published(service), ["a"]);
    await configure(service, (config) => config.issuers.pop());
    const refused = await hangUp(service);
    assert.match(refused.reason ?? "", /policy\.yaml:.*leaving/, "the policy names it still");
    assert.deepEqual(await published(service, token), ["b"], "so everything stays as it is");
    await replace(service.policy_file, policy("a"));
    await hangUp(service);
    assert.equal(await published(service, token), "issuer_untrusted");
    assert.deepEqual(await published(service), ["a"]);
    const fetched = /jwks_refresh_total\{issuer="corp",result="ok"\} (\d+)/;
    assert.equal(await metric(service, fetched), "1");
    const { json } = await service.request("/.well-known/oauth-protected-resource");
    assert.deepEqual(json.authorization_servers, [provider.issuer]);
  },
);

test("a signing key that is put first signs from then on", LIMIT, async (t) => {
  const { service, account, keys } = await start(t);
  const key = createAccount();
  const file = join(keys, "next.nk");
  await writeFile(file, key.getSeed(), { mode: 0o600 });
  await configure(service, ({ accounts }) => accounts[0]?.signing_keys.unshift({ file }));
  assert.equal((await hangUp(service)).msg, "reloaded");
  await published(service);
  const events = await service.journal();
  const [before, now] = events.flatMap((event) =>
    event.type === "config.loaded" ? event.signing_keys : [],
  );
  assert.deepEqual(now?.keys, [key.getPublicKey(), ...(before?.keys ?? [])]);
  const last = events.findLast(({ type }) => type === "credential.issued");
  assert.equal(last?.type === "credential.issued" && last.signing_key, key.getPublicKey());
  await writeFile(account.signing_key_file, "nothing");
  assert.match((await hangUp(service)).reason ?? "", /ORDERS\.nk must hold the seed/);
});

test(
  "what a running service cannot change is refused as a whole, with its place",
  LIMIT,
  async (t) => {
    const { service } = await start(t);
    await replace(service.policy_file, policy("b"));
    await configure(service, (config) =>
      Object.assign(config, {
        public_url: "https://other.example.test",
        docs: false,
        limits: { ...(config["limits"] as object), body_bytes: 1024, rate_per_identity: "1/m" },
      }),
    );
    const { reason = "" } = await hangUp(service);
    const lines = reason.split("\n");
    assert.equal(lines.length, 3, reason);
    for (const line of lines)
      assert.match(line, /nats-sts\.yaml:\d+:\d+: needs a restart: a running service cannot/);
    assert.deepEqual(await published(service), ["a"]);
    assert.deepEqual(await published(service), ["a"], "nor is the rate in force");
  },
);

test("a changed rate counts anew, one that stays goes on counting", LIMIT, async (t) => {
  const { service } = await start(t, { config: { limits: { rate_per_identity: "2/m" } } });
  assert.deepEqual(await published(service), ["a"]);
  assert.deepEqual(await published(service), ["a"]);
  await hangUp(service);
  assert.equal(await published(service), "rate_limited");
  await configure(service, (config) =>
    Object.assign(config, {
      limits: { ...(config["limits"] as object), rate_per_identity: "3/m" },
    }),
  );
  await hangUp(service);
  assert.deepEqual(await published(service), ["a"]);
});

test(
  "reloads under load lose no answer, and each answer is wholly of one policy",
  LIMIT,
  async (t) => {
    const { service } = await start(t, { config: { limits: { rate_per_identity: "100000/s" } } });
    const token = await provider.token();
    const given = new Set<string>();
    let reloads = 0;
    let busy = true;
    const callers = Array.from({ length: 8 }, async () => {
      while (busy) {
        const { status, json } = await service.ask(token);
        assert.equal(status, 200, json.code);
        given.add(json.publish.join());
      }
    });
    for (; reloads < 20; reloads++) {
      await replace(service.policy_file, policy(`a${reloads}, b${reloads}`));
      await hangUp(service);
    }
    busy = false;
    await Promise.all(callers);
    for (const publish of given) assert.match(publish, /^a(\d*)(,b\1)?$/);
    assert.ok(given.size > 1);
    assert.equal(await metric(service, /reload_total\{result="loaded"\} (\d+)/), String(reloads));
  },
);
