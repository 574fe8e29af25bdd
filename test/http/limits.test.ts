import assert from "node:assert/strict";
import { after, test } from "node:test";
import { addressKey } from "../../src/http/address.ts";
import { startProvider } from "../support/provider.ts";
import { type Answer, EVERYONE, makeAccount, makeDir, startService } from "../support/service.ts";

const scope = { after };
const provider = await startProvider(scope, { alg: "ES256", clients: [{ id: "other" }] });
const serve = async (config: Record<string, unknown>) => {
  const accounts = [await makeAccount(await makeDir(scope))];
  return startService(scope, { provider, policy: EVERYONE, accounts, config });
};
const codes = (answers: readonly Answer[]) =>
  answers.map(({ status, json }) => (status === 200 ? "issued" : json.code));
const times = async (count: number, ask: () => Promise<Answer>) => {
  const answers: Answer[] = [];
  for (let i = 0; i < count; i++) answers.push(await ask());
  return answers;
};

test("an identity gets its rate and no more, with new tokens too, and others are not held up", async () => {
  const service = await serve({ limits: { rate_per_identity: "3/m" } });
  const answers = await times(5, async () => service.ask(await provider.token()));
  assert.deepEqual(codes(answers), ["issued", "issued", "issued", "rate_limited", "rate_limited"]);
  const wait_s = Number(answers[4]?.headers.get("retry-after"));
  assert.ok(wait_s >= 20 && wait_s <= 26, `${wait_s} s`);
  assert.equal((await service.ask(await provider.token({ client: "other" }))).status, 200);
});

test("the pods of one service account have a rate each", async () => {
  const { issuer: url, audience } = provider;
  const service = await serve({
    issuers: [{ name: "corp", url, preset: "kubernetes", audience, insecure_http: true }],
    limits: { rate_per_identity: "1/m" },
  });
  const from = async (pod?: string) => {
    const serviceaccount = { name: "worker", uid: "5a5a" };
    const more = pod !== undefined && { pod: { name: "worker-x", uid: pod } };
    const sub = "system:serviceaccount:orders:worker";
    const kubernetes = { namespace: "orders", serviceaccount, ...more };
    const payload = { sub, "kubernetes.io": kubernetes, client_id: undefined, scope: undefined };
    return service.ask(await provider.forge({ payload, header: { typ: undefined } }));
  };
  const answers = [await from("1"), await from("1"), await from("2"), await from(), await from()];
  const expected = ["issued", "rate_limited", "issued", "issued", "rate_limited"];
  assert.deepEqual(codes(answers), expected);
});

test("a bad token costs its address and no identity", async () => {
  const service = await serve({ limits: { rate_per_address: "4/m", rate_per_identity: "1/m" } });
  const token = await provider.token();
  const bad = await times(3, () => service.ask("a.b.c"));
  assert.deepEqual(codes(bad), ["token_malformed", "token_malformed", "token_malformed"]);
  assert.deepEqual(codes(await times(2, () => service.ask(token))), ["issued", "rate_limited"]);
  assert.equal((await service.request("/healthz")).status, 200, "health is not counted");
});

test("X-Forwarded-For does not reset a count unless a proxy is trusted", async () => {
  const forwarded = (service: Awaited<ReturnType<typeof serve>>) => {
    let last = 0;
    return times(4, () =>
      service.ask("a.b.c", undefined, { "x-forwarded-for": `192.0.2.${++last}` }),
    );
  };
  const open = await serve({ limits: { rate_per_address: "2/m" } });
  assert.deepEqual(codes(await forwarded(open)).slice(2), ["rate_limited", "rate_limited"]);
  const proxied = await serve({
    limits: { rate_per_address: "2/m" },
    trusted_proxies: ["127.0.0.0/8"],
  });
  assert.ok(!codes(await forwarded(proxied)).includes("rate_limited"));
});

test("the port that a proxy adds is no part of an address, and what is no address counts as the proxy's", async () => {
  const service = await serve({
    limits: { rate_per_address: "2/m" },
    trusted_proxies: ["127.0.0.0/8"],
  });
  const from = (forwarded: string) =>
    service.ask("a.b.c", undefined, { "x-forwarded-for": forwarded });
  for (const [one, journaled] of [
    [(i: number) => `192.0.2.1:${i}`, "192.0.2.1"],
    [(i: number) => `[2001:db8::1]:${i}`, "2001:db8::1"],
    [(i: number) => `${"somewhere".repeat(100)}${i}`, "127.0.0.1"],
  ] as const) {
    let port = 1;
    const answers = await times(3, () => from(one(port++)));
    assert.deepEqual(codes(answers), ["token_malformed", "token_malformed", "rate_limited"]);
    const id = answers[0]?.headers.get("x-request-id");
    const line = service.logs().find((log) => log.includes(`"${id}"`) && log.includes("status"));
    assert.equal(JSON.parse(line ?? "{}").address, journaled);
  }
});

test("a full table refuses new addresses and goes on with those it knows", async () => {
  const service = await serve({
    limits: { rate_per_address: "100/m", rate_keys: 2 },
    trusted_proxies: ["127.0.0.0/8"],
  });
  const from = (address: string) => service.ask("a.b.c", undefined, { "x-forwarded-for": address });
  const answers = [await from("192.0.2.1"), await from("192.0.2.2"), await from("192.0.2.3")];
  assert.deepEqual(codes(answers), ["token_malformed", "token_malformed", "overloaded"]);
  assert.deepEqual(codes([await from("192.0.2.1")]), ["token_malformed"]);
});

test("a thousand callers behind one address, each on its own connection, are served at once", async () => {
  const service = await serve({ limits: { rate_per_identity: "6000/m" } }); // they share one token
  const token = await provider.token();
  const answers = await Promise.all(Array.from({ length: 1000 }, () => service.ask(token)));
  assert.deepEqual(new Set(codes(answers)), new Set(["issued"]));
});

test("an address counts as what one caller can have", () => {
  const cases = {
    "192.0.2.7": "192.0.2.7",
    "::ffff:192.0.2.7": "192.0.2.7",
    "::FFFF:192.0.2.7": "192.0.2.7",
    "2001:db8:0:1::7": "2001:db8:0:1::/64",
    "2001:0db8:0000:0001:ffff:ffff:ffff:ffff": "2001:db8:0:1::/64",
    "2001:db8::": "2001:db8:0:0::/64",
    "::1": "0:0:0:0::/64",
    "fe80::1%eth0": "fe80:0:0:0::/64",
    "1:2:3:4:5:6:7:8": "1:2:3:4::/64",
    "1:2:3::": "1:2:3:0::/64",
    unknown: "unknown",
  };
  for (const [address, key] of Object.entries(cases)) assert.equal(addressKey(address), key);
});
