import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { doorsOf } from "../http/doors.ts";
import { startProvider } from "../support/provider.ts";
import { type Answer, EVERYONE, makeAccount, makeDir, startService } from "../support/service.ts";

const scope = { after };
/** A provider's answer must be here after five seconds; the rest is for a busy machine. */
const LIMIT_MS = 5_000 + 10_000;
const MEMORY_LIMIT_KIB = 100 * 1024;
const KEY_SET_BYTES = 512 * 1024 * 1024;

type Reply = (response: ServerResponse, path: string) => void;

const discovery = (response: ServerResponse, base: string, issuer = base) =>
  response.end(JSON.stringify({ issuer, jwks_uri: `${base}/jwks` }));

/** The good answer to discovery, and this one for the key set. */
const keySet =
  (reply: Reply): Reply =>
  (response, path) =>
    path.endsWith("/jwks") ? reply(response, path) : discovery(response, origin + path);

const later =
  (reply: Reply): Reply =>
  (response, path) => {
    const timer = setTimeout(() => reply(response, path), 4_500);
    response.once("close", () => clearTimeout(timer));
  };

let sent_bytes = 0;

/** What can be wrong with a provider, by the path of its issuer. */
const BROKEN: Readonly<Record<string, Reply>> = {
  silent: () => {},
  trickling: (response) => {
    const timer = setInterval(() => response.write(" "), 100);
    response.once("close", () => clearInterval(timer));
  },
  "slow-twice": later(keySet((response) => response.end("{}"))),
  failing: (response) => response.writeHead(500).end(),
  "failing-keys": keySet((response) => response.writeHead(500).end()),
  hanging_up: (response) => response.destroy(),
  garbage: (response) => response.end("<html>"),
  "garbage-keys": keySet((response) => response.end('{"keys":[{]}')),
  another: (response) => discovery(response, origin, "https://evil.test"),
  redirecting: (response) =>
    response
      .writeHead(302, { location: `${provider.issuer}/.well-known/openid-configuration` })
      .end(),
  "redirecting-keys": keySet((response) =>
    response.writeHead(302, { location: `${provider.issuer}/jwks` }).end(),
  ),
  "many-keys": keySet((response) =>
    response.end(JSON.stringify({ keys: Array(10_000).fill({ kty: "EC", crv: "P-256" }) })),
  ),
  endless: keySet((response) => {
    const chunk = Buffer.alloc(256 * 1024, " ");
    const more = () => {
      while (!response.destroyed && sent_bytes < KEY_SET_BYTES) {
        sent_bytes += chunk.length;
        if (!response.write(chunk)) return void response.once("drain", more);
      }
    };
    more();
  }),
};

const server = createServer((request, response) => {
  const [, name = "", ...rest] = (request.url ?? "").split("/");
  const jwks = rest.at(-1) === "jwks" ? "/jwks" : "";
  response.on("error", () => {});
  BROKEN[name]?.(response, `/${name}${jwks}`);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
after(() => {
  server.close();
  server.closeAllConnections();
});
// `as`: only a server on a pipe has a string here.
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const provider = await startProvider(scope, { alg: "ES256" });
const broken = Object.keys(BROKEN);
const issuer = { preset: "generic", audience: "nats-sts", insecure_http: true };
const service = await startService(scope, {
  provider,
  policy: EVERYONE,
  accounts: [await makeAccount(await makeDir(scope))],
  config: {
    limits: { rate_per_identity: "1000000/m", rate_per_address: "1000000/m" },
    issuers: [
      { ...issuer, name: "corp", url: provider.issuer },
      ...broken.map((name) => ({ ...issuer, name, url: `${origin}/${name}` })),
    ],
  },
});

/** The most memory that the service has had, KiB. */
const peak_kib = () =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${service.child.pid}/status`, "utf8"))?.[1]);

test("whatever is wrong with a provider, its callers soon hear 503, memory stays flat, and nobody else notices", async () => {
  const good = await provider.token();
  assert.equal((await service.ask(good)).status, 200);
  const before_kib = peak_kib();
  const doors = Object.values(doorsOf(service));
  let waiting = 0;
  const ask = async (name: string, ask: (token: string) => Promise<Answer>) => {
    const token = await provider.forge({ payload: { iss: `${origin}/${name}` } });
    const from_ms = performance.now();
    waiting++;
    const { status, json, headers } = await ask(token);
    waiting--;
    assert.deepEqual([status, json.code], [503, "issuer_unavailable"], name);
    assert.ok(Number(headers.get("retry-after")) > 0, name);
    assert.ok(performance.now() - from_ms < LIMIT_MS, `${name}: ${performance.now() - from_ms} ms`);
  };
  const asked = broken.flatMap((name) =>
    doors.flatMap((door) => Array.from({ length: 3 }, () => ask(name, door.ask))),
  );
  const all = Promise.all(asked);
  let meanwhile = 0;
  do {
    assert.equal((await service.ask(good)).status, 200);
    meanwhile++;
  } while (waiting > 0);
  await all;
  const metrics = await (await fetch(`${service.metrics_url}/metrics`)).text();
  // Six callers each wait for the same try, and failed ones count: on a slow machine it may be a second.
  for (const name of broken)
    assert.match(
      metrics,
      new RegExp(`jwks_refresh_total{issuer="${name}",result="failed"} [12]\n`),
    );
  assert.ok(meanwhile > 20, `${meanwhile} answers meanwhile`);
  assert.ok(sent_bytes < KEY_SET_BYTES / 8, `${sent_bytes} bytes were sent`);
  assert.ok(peak_kib() - before_kib < MEMORY_LIMIT_KIB, `${peak_kib() - before_kib} KiB more`);
});
