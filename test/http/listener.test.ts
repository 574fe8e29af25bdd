import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import fastify from "fastify";
import { listenerAt } from "../../src/http/index.ts";
import { startProvider } from "../support/provider.ts";
import { EVERYONE, makeAccount, makeDir, startService } from "../support/service.ts";

const LIMITS = { header_bytes: 16_384, request_timeout_s: 5, connections: 100 };
/** More than all buffers between two ends of a connection hold. */
const LARGE = Buffer.alloc(64 * 1024 * 1024);

async function sent(port: number, bytes: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  await once(socket, "connect");
  socket.write(bytes);
  return socket;
}

test("who asks for an answer and does not read it keeps no connection", {
  timeout: 60_000,
}, async (t) => {
  const listener = listenerAt({
    address: { host: "127.0.0.1", port: 0 },
    limits: LIMITS,
    silence_s: 1,
  });
  const app = fastify({ serverFactory: listener.serverFactory });
  app.get("/large", async () => LARGE);
  t.after(() => app.close());
  const url = await listener.open(app);
  const accepted = once(app.server, "connection");
  const socket = await sent(Number(new URL(url).port), "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  t.after(() => socket.destroy());
  socket.pause();
  const [theirs] = (await accepted) as [Socket]; // what this event brings
  await once(theirs, "close");
});

const start = async (t: TestContext, env: Record<string, string>) => {
  const provider = await startProvider(t, { alg: "ES256" });
  const accounts = [await makeAccount(await makeDir(t))];
  return startService(t, { provider, policy: EVERYONE, accounts, env });
};
const BAD = "GET / HTTP/1.1\r\nAuthorization: Bearer eyJsecret.eyJsecret.x\r\nno header\r\n\r\n";

test("what cannot be read is logged under the id of its answer, and none of its bytes", async (t) => {
  const service = await start(t, { NATS_STS_LOG_LEVEL: "trace" });
  const ports = [service.url, service.metrics_url].map((url) => Number(new URL(url).port));
  const [answer = ""] = await Promise.all(ports.map(async (port) => text(await sent(port, BAD))));
  const id = /\r\nx-request-id: (\S+)/.exec(answer)?.[1];
  const overlong = `/${"%zz".repeat(3)}`;
  const other = (await service.request(overlong)).headers.get("x-request-id");
  await service.stop();
  const logged = service.logs().map((line) => JSON.parse(line));
  for (const each of [id, other]) {
    const line = logged.find(
      ({ request_id, msg }) => request_id === each && /cannot be read/.test(msg),
    );
    assert.equal(line?.code, "request_invalid", answer);
    assert.equal(line?.address, "127.0.0.1");
  }
  assert.ok(service.logs().every((line) => !/rawPacket|eyJ/.test(line)));
});
