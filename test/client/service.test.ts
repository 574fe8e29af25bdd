import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { connect, jwtAuthenticator } from "@nats-io/transport-node";
import {
  credentialFetcher,
  fetchCredential,
  systemEffects,
  tokenFromFile,
} from "../../src/index.ts";
import { deploy, PUBLIC_URL } from "../cli/client-support.ts";

const { nats, service, dir, token } = await deploy({ after });
const file = join(dir, "token");
await writeFile(file, await token());
const options = { url: service.url, public_url: PUBLIC_URL, token: tokenFromFile(file) };

test("the seed never crosses the wire", async () => {
  const wire: string[] = [];
  const recording = {
    ...systemEffects(),
    async fetch(url: string, init: RequestInit) {
      const response = await fetch(url, init);
      wire.push(url, JSON.stringify(init), await response.clone().text());
      wire.push(JSON.stringify([...response.headers]));
      return response;
    },
  };
  const { seed, creds, user_public_key } = await fetchCredential(options, recording);
  assert.ok(creds.includes(seed));
  assert.equal(wire.length, 4);
  assert.ok(wire.join("\n").includes(user_public_key));
  assert.doesNotMatch(wire.join("\n"), /SU[A-Z2-7]{56}/);
});

test("a client that holds a fetcher reconnects with the renewed credential", async (t) => {
  let now_ms = Date.now();
  const due: (() => void)[] = [];
  const renewed: (() => void)[] = [];
  const sts = await credentialFetcher(
    { ...options, ttl_s: 60, tell: () => renewed.shift()?.() },
    {
      ...systemEffects(),
      now_ms: () => now_ms,
      // Time passes when the test says so.
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => resolve());
          due.push(() => {
            now_ms += ms;
            resolve();
          });
        }),
    },
  );
  t.after(() => sts.close());
  const first = sts.current();
  const seed = () => new TextEncoder().encode(sts.current().seed);
  const nc = await connect({
    servers: [...first.servers],
    inboxPrefix: first.inbox_prefix,
    authenticator: jwtAuthenticator(() => sts.current().jwt, seed),
    reconnectTimeWait: 1,
  });
  t.after(() => nc.close());
  const next = new Promise<void>((resolve) => renewed.push(resolve));
  due.shift()?.();
  await next;
  const second = sts.current();
  assert.notEqual(second.id, first.id);
  assert.equal(second.user_public_key, first.user_public_key);
  assert.equal(second.inbox_prefix, first.inbox_prefix);
  const back = (async () => {
    for await (const { type } of nc.status()) if (type === "reconnect") return;
  })();
  await nc.reconnect();
  await back;
  await nc.flush();
  assert.ok(nats.url.endsWith(String(nats.port)));
});
