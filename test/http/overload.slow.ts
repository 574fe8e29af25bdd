import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, type TestContext, test } from "node:test";
import { startProvider } from "../support/provider.ts";
import {
  type Answer,
  EVERYONE,
  makeAccount,
  makeDir,
  type Service,
  startService,
} from "../support/service.ts";
import { doorsOf, encoded, exchangeOf, FORM } from "./doors.ts";

const LIMIT = { timeout: 60_000 };

const provider = await startProvider({ after }, { alg: "ES256" });

async function serve(t: TestContext, limits: Record<string, unknown>): Promise<Service> {
  const accounts = [await makeAccount(await makeDir(t))];
  return startService(t, { provider, policy: EVERYONE, accounts, config: { limits } });
}

const metric = async (service: Service, name: string) => {
  const text = await (await fetch(`${service.metrics_url}/metrics`)).text();
  return Number(new RegExp(`^nats_sts_${name} (\\S+)$`, "m").exec(text)?.[1]);
};

/** What comes back on a connection of its own until the first answer is there, or nothing more comes. */
async function answerTo(service: Service, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(service.url).port), "127.0.0.1");
  socket.on("error", () => {}).write(bytes);
  let said = "";
  for await (const chunk of socket) {
    said += chunk;
    if (said.includes("\r\n\r\n")) break;
  }
  return said;
}

/** A service with as many exchanges under way as it takes, which wait for the provider's keys. */
async function full(t: TestContext, count: number) {
  const service = await serve(t, { in_flight: count });
  const token = await provider.token();
  const { d: _, ...key } = provider.signingKey();
  let release = () => {};
  const waiting = new Promise<void>((resolve) => {
    provider.intercept((request, response) => {
      if (!request.url?.endsWith("/jwks")) return false;
      release = () => response.end(JSON.stringify({ keys: [key] }));
      resolve();
      return true;
    });
  });
  const held = Array.from({ length: count }, () => service.ask(token));
  await waiting;
  while ((await metric(service, "in_flight")) < count);
  return {
    service,
    token,
    held,
    release() {
      provider.intercept();
      release();
    },
  };
}

test(
  "beyond its limit a service turns away before it has read or verified anything, and serves the rest",
  LIMIT,
  async (t) => {
    const { service, token, held, release } = await full(t, 3);
    t.after(release);
    const head = (path: string, type: string, bytes: number) =>
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${bytes}\r\n\r\n`;
    // Of the body nothing has come, and there is no token.
    const v1 = await answerTo(service, head("/v1/credentials", "application/json", 1_000));
    assert.match(v1, /^HTTP\/1\.1 503 [\s\S]*"code":"overloaded"/);
    assert.match(v1, /\r\nretry-after: [1-5]\r\n/i);
    assert.match(v1, /\r\ncontent-type: application\/problem\+json\r\n/i);
    assert.match(v1, /\r\ncache-control: no-store\r\n/i);
    assert.match(v1, /\r\nconnection: keep-alive\r\n/i);
    const oauth = await answerTo(service, head("/oauth2/token", FORM, 60_000));
    assert.match(oauth, /^HTTP\/1\.1 503 [\s\S]*"error":"temporarily_unavailable"/);
    assert.match(oauth, /\r\nconnection: close\r\n/i, "a large body is not waited for");
    const upgrade = "Content-Length: 0\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n";
    const lost = `POST /v1/credentials HTTP/1.1\r\nHost: a\r\n${upgrade}GET / HTTP/1.1\r\n\r\n`;
    assert.match(
      await answerTo(service, lost),
      /^HTTP\/1\.1 503 [\s\S]*\r\nconnection: close\r\n/i,
    );
    const unclear = await answerTo(
      service,
      "POST /v1/credentials HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    );
    assert.match(unclear, /^HTTP\/1\.1 400 [\s\S]*\r\nconnection: close\r\n/i);

    assert.equal((await service.request("/healthz")).status, 200);
    assert.equal((await service.request("/readyz")).status, 200);
    const doors = doorsOf(service);
    for (const door of [doors.v1, doors.oauth]) {
      const { status, json, headers } = await door.ask(token);
      assert.deepEqual([status, json.code], [503, "overloaded"]);
      assert.match(headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
    }
    assert.equal(await metric(service, "shed_total"), 6);
    assert.ok(service.logs().some((line) => line.includes("overloaded: requests are turned away")));
    release();
    for (const { status } of await Promise.all(held)) assert.equal(status, 200);
    assert.equal((await service.ask(token)).status, 200);
    const codes = (await service.journal()).flatMap((event) => ("code" in event ? event.code : []));
    assert.ok(!codes.includes("overloaded"), "nothing was decided");
  },
);

test(
  "answers that are held while the service stops are given, and keep no connection open",
  LIMIT,
  async (t) => {
    const { service, release } = await full(t, 1);
    const request = "POST /v1/credentials HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    const began_ms = performance.now();
    const callers = Array.from({ length: 60 }, () => {
      const socket = connect(Number(new URL(service.url).port), "127.0.0.1").on("error", () => {});
      const said: string[] = [];
      socket.on("data", (data) => said.push(String(data)));
      socket.write(request.repeat(15));
      return { said, closed: once(socket, "close") };
    });
    while ((await metric(service, "shed_total")) < 900);
    const took_ms = performance.now() - began_ms;
    const stopped = service.stop();
    release();
    assert.equal(await stopped, 0);
    await Promise.all(callers.map(({ closed }) => closed));
    const told = callers.filter(({ said }) => /\r\nconnection: close\r\n/i.test(said.join("")));
    // A machine so busy that a second went by has given the answers before.
    assert.ok(told.length > 0 || took_ms > 900, `${took_ms} ms`);
  },
);

test("who sends slowly takes nobody's place", LIMIT, async (t) => {
  const service = await serve(t, { in_flight: 2 });
  const slow = Array.from({ length: 10 }, () => {
    const socket = connect(Number(new URL(service.url).port), "127.0.0.1").on("error", () => {});
    socket.write(
      "POST /v1/credentials HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a.b.c\r\nContent-Length: 9\r\n\r\n{",
    );
    return socket;
  });
  t.after(() => slow.map((socket) => socket.destroy()));
  await Promise.all(slow.map((socket) => once(socket, "connect")));
  const token = await provider.token();
  for (let i = 0; i < 5; i++) assert.equal((await service.ask(token)).status, 200);
  assert.equal(await metric(service, "shed_total"), 0);
});

test(
  "under a load far beyond the limit, who is taken is served and who is not is told",
  LIMIT,
  async (t) => {
    const service = await serve(t, {
      in_flight: 20,
      rate_per_identity: "60000/m",
      rate_per_address: "60000/m",
    });
    const token = await provider.token();
    assert.equal((await service.ask(token)).status, 200); // its keys are known from now on
    const body = encoded(exchangeOf(token));
    const timed = async (i: number) => {
      const from = performance.now();
      const answer = await (i % 2
        ? service.ask(token)
        : service.request("/oauth2/token", {
            method: "POST",
            headers: { "content-type": FORM },
            body,
          }));
      return { ...answer, took_ms: performance.now() - from };
    };
    const answers = await Promise.all(Array.from({ length: 600 }, (_, i) => timed(i)));
    const [served, shed] = [
      answers.filter(isIssued),
      answers.filter((answer) => !isIssued(answer)),
    ];
    assert.ok(served.length >= 20, `${served.length} served`);
    assert.ok(shed.length > 0);
    for (const { status, json } of shed) assert.deepEqual([status, json.code], [503, "overloaded"]);
    assert.equal(await metric(service, "shed_total"), shed.length);
    const issued = (await service.journal()).filter(({ type }) => type === "credential.issued");
    assert.equal(issued.length, served.length + 1);
    const late = shed.filter(({ took_ms }) => took_ms > 30_000);
    assert.equal(late.length, 0, "held for a moment, not kept");
    t.diagnostic(`${served.length} served, ${shed.length} turned away`);
  },
);

const isIssued = ({ status }: Answer) => status === 200;

test(
  "connections beyond their limit are dropped and counted, and there is room again when one ends",
  LIMIT,
  async (t) => {
    const service = await serve(t, { connections: 3 });
    const open = async (): Promise<Socket> => {
      const socket = connect(Number(new URL(service.url).port), "127.0.0.1").on("error", () => {});
      t.after(() => socket.destroy());
      await once(socket, "connect");
      return socket;
    };
    const ask = (socket: Socket) => socket.write("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    const kept = [await open(), await open(), await open()];
    for (const socket of kept) {
      ask(socket);
      assert.match(String((await once(socket, "data"))[0]), /^HTTP\/1\.1 200 /);
    }
    const dropped = await open();
    await new Promise((resolve) => dropped.resume().once("close", resolve));
    assert.equal(await metric(service, 'connections_dropped_total\\{listener="listen"\\}'), 1);
    const [first] = kept;
    if (!first) return;
    first.destroy();
    let said = "";
    while (!said.startsWith("HTTP/1.1 200 "))
      said = await answerTo(
        service,
        "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
      ).catch(() => "");
    ask(kept[1] ?? first);
    assert.match(String((await once(kept[1] ?? first, "data"))[0]), /^HTTP\/1\.1 200 /);
  },
);
