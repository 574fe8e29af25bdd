import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { Agent } from "node:https";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { connect as connectTls, type SecureVersion } from "node:tls";
import { runHere } from "../cli/support.ts";
import { hangUp, replace } from "../e2e/reloading.ts";
import { makeCertificate } from "../support/certificate.ts";
import { startProvider } from "../support/provider.ts";
import { EVERYONE, makeAccount, makeDir, type Service, startService } from "../support/service.ts";
import { getOver, putCertificate, talk, tlsIn } from "../support/tls-files.ts";

const LIMIT = { timeout: 30_000 };
const END_LIMIT_MS = 10_000;

const provider = await startProvider({ after }, { alg: "ES256" });
const authority = makeCertificate({ name: "authority" });
const server = makeCertificate({ name: "server", by: authority });
const caller = makeCertificate({ name: "caller", by: authority });
const stranger = makeCertificate({ name: "stranger", by: makeCertificate({ name: "elsewhere" }) });
const ca = authority.cert;

/** Whichever way it ends: `once` would reject where it is reset. */
const closed = (socket: Socket) =>
  new Promise((resolve) => {
    socket
      .on("error", () => {})
      .once("close", resolve)
      .resume();
  });

/** Under these options Node takes TLS 1.0 where nothing else is said. */
const WEAK_NODE = "--tls-min-v1.0 --tls-cipher-list=DEFAULT:@SECLEVEL=0";

const portOf = (url: string) => Number(new URL(url).port);

async function start(
  t: TestContext,
  config: (dir: string) => Record<string, unknown>,
): Promise<Service> {
  const dir = await makeDir(t);
  await putCertificate(dir, server);
  await writeFile(join(dir, "callers.pem"), ca);
  const accounts = [await makeAccount(dir)];
  const options = { dir, provider, policy: EVERYONE, accounts, config: config(dir) };
  return startService(t, { ...options, env: { NODE_OPTIONS: WEAK_NODE } });
}

const metric = async (service: Service, name: string) =>
  new RegExp(`^nats_sts_${name} (\\S+)$`, "m").exec(
    await (await fetch(`${service.metrics_url}/metrics`)).text(),
  )?.[1];

test(
  "a listener with TLS serves over it, by TLS 1.2 or newer and HTTP/1.1, and nothing else",
  LIMIT,
  async (t) => {
    const service = await start(t, (dir) => ({ tls: tlsIn(dir) }));
    assert.match(service.url, /^https:/);
    const port = portOf(service.url);
    const { status, socket } = await getOver(`${service.url}/readyz`, { ca });
    assert.equal(status, 200);
    assert.equal(socket.getProtocol(), "TLSv1.3");
    const version = (maxVersion: SecureVersion) => ({
      ...{ ca, maxVersion, minVersion: maxVersion, ciphers: "DEFAULT:@SECLEVEL=0" },
    });
    assert.match((await talk(port, version("TLSv1.2"))).said, /^HTTP\/1\.1 200 /);
    for (const old of ["TLSv1.1", "TLSv1"] as const) {
      const { said, failed } = await talk(port, version(old));
      assert.deepEqual([said, failed], ["", "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION"]);
    }
    const h2 = await talk(port, { ca, ALPNProtocols: ["h2"] });
    assert.deepEqual([h2.said, h2.failed], ["", "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL"]);
    const large = `GET /healthz HTTP/1.1\r\nHost: a\r\nX-Large: ${"a".repeat(20_000)}\r\n\r\n`;
    assert.match((await talk(port, { ca }, large)).said, /^HTTP\/1\.1 431 /);
  },
);

test("plain HTTP to a port with TLS is no request, and the service goes on", LIMIT, async (t) => {
  const service = await start(t, (dir) => ({ tls: tlsIn(dir), metrics_tls: tlsIn(dir) }));
  for (const url of [service.url, service.metrics_url]) {
    const socket = connect(portOf(url), "127.0.0.1").on("error", () => {});
    socket.end("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    let said = "";
    socket.on("data", (bytes) => {
      said += bytes.toString("latin1");
    });
    await closed(socket);
    assert.doesNotMatch(said, /HTTP/);
    assert.equal((await getOver(`${url}/readyz`, { ca })).status, 200);
  }
});

test(
  "a handshake that is slow, and a connection that is silent after it, are ended",
  LIMIT,
  async (t) => {
    const service = await start(t, (dir) => ({
      tls: tlsIn(dir),
      limits: { request_timeout: "1s" },
    }));
    const started = performance.now();
    const slow = connect(portOf(service.url), "127.0.0.1").on("error", () => {});
    slow.write(Buffer.from([22, 3, 1])); // the beginning of a hello
    const silent = connectTls({ port: portOf(service.url), host: "127.0.0.1", ca });
    silent.on("error", () => {}).resume();
    await Promise.all([closed(slow), closed(silent)]);
    const took_ms = performance.now() - started;
    assert.ok(took_ms > 900 && took_ms < 15_000, `${took_ms} ms`);
  },
);

test(
  "neither a handshake nor a silent connection holds an ended service open",
  LIMIT,
  async (t) => {
    const service = await start(t, (dir) => ({ tls: tlsIn(dir) }));
    const open = connect(portOf(service.url), "127.0.0.1").on("error", () => {});
    await once(open, "connect");
    const silent = connectTls({ port: portOf(service.url), host: "127.0.0.1", ca });
    silent.on("error", () => {});
    await once(silent, "secureConnect");
    const agent = new Agent({ keepAlive: true });
    t.after(() => agent.destroy());
    await getOver(`${service.url}/healthz`, { ca, agent });
    const started = performance.now();
    assert.equal(await service.stop(), 0);
    assert.ok(performance.now() - started < END_LIMIT_MS);
  },
);

/** That who has no certificate of a known authority gets no HTTP, and who has one does. */
async function onlyKnown(url: string): Promise<void> {
  const port = portOf(url);
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    const unknown = [{}, { cert: stranger.cert, key: stranger.key }];
    for (const certificate of unknown) {
      assert.equal((await talk(port, { ca, maxVersion, ...certificate })).said, "");
    }
    const { cert, key } = caller;
    assert.match((await talk(port, { ca, maxVersion, cert, key })).said, /^HTTP\/1\.1 200 /);
  }
}

test("where callers need a certificate, who has none gets no HTTP", LIMIT, async (t) => {
  const service = await start(t, (dir) => ({
    tls: tlsIn(dir, "callers.pem"),
    metrics_tls: tlsIn(dir, "callers.pem"),
  }));
  await onlyKnown(service.url);
  await onlyKnown(service.metrics_url);
});

test(
  "healthcheck asks a listener with TLS, and where callers need a certificate at metrics_listen",
  LIMIT,
  async (t) => {
    for (const client_ca_file of [undefined, "callers.pem"]) {
      const service = await start(t, (dir) => ({ tls: tlsIn(dir, client_ca_file) }));
      const env = {
        NATS_STS_LISTEN: new URL(service.url).host,
        NATS_STS_METRICS_LISTEN: new URL(service.metrics_url).host,
      };
      const asked = () => runHere(["healthcheck", "--config", service.config_file], { env });
      assert.deepEqual(await asked(), { code: 0, out: "", err: "" });
      await service.stop();
      assert.match(
        (await asked()).err,
        client_ca_file ? / http:.* not answer/ : / https:.* not answer/,
      );
    }
  },
);

test(
  "a renewed certificate is taken up: connections go on, and what else was set stays",
  LIMIT,
  async (t) => {
    const service = await start(t, (dir) => ({ tls: tlsIn(dir, "callers.pem") }));
    const { cert, key } = caller;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const over = { ca, cert, key };
    const before = await getOver(`${service.url}/healthz`, { ...over, agent });
    assert.equal(before.socket.getPeerCertificate().subject.CN, "server");
    assert.equal(
      await metric(service, 'tls_expiry_timestamp_seconds\\{listener="listen"\\}'),
      "4070908800",
    );

    const renewed = makeCertificate({ name: "renewed", by: authority, until: "20980101000000Z" });
    await putCertificate(service.dir, renewed);
    assert.equal((await hangUp(service)).msg, "reloaded");

    const same = await getOver(`${service.url}/healthz`, { ...over, agent });
    assert.equal(same.socket, before.socket);
    const next = await getOver(`${service.url}/healthz`, over);
    assert.equal(next.socket.getPeerCertificate().subject.CN, "renewed");
    assert.equal(
      await metric(service, 'tls_expiry_timestamp_seconds\\{listener="listen"\\}'),
      "4039372800",
    );
    await onlyKnown(service.url);
    const old = {
      ...over,
      maxVersion: "TLSv1.1",
      minVersion: "TLSv1",
      ciphers: "DEFAULT:@SECLEVEL=0",
    } as const;
    assert.equal((await talk(portOf(service.url), old)).said, "");
  },
);

test(
  "an authority that is taken away is believed no more, by a session of before neither",
  LIMIT,
  async (t) => {
    const service = await start(t, (dir) => ({ tls: tlsIn(dir, "callers.pem") }));
    const { cert, key } = caller;
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
      await replace(join(service.dir, "callers.pem"), ca);
      await hangUp(service);
      const socket = connectTls({
        port: portOf(service.url),
        host: "127.0.0.1",
        ca,
        cert,
        key,
        maxVersion,
      });
      socket.write("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      const [session] = await once(socket.resume(), "session");
      await closed(socket);
      const again = { ca, cert, key, maxVersion, session };
      assert.match((await talk(portOf(service.url), again)).said, /^HTTP\/1\.1 200 /);
      await replace(join(service.dir, "callers.pem"), makeCertificate({ name: "other" }).cert);
      assert.equal((await hangUp(service)).msg, "reloaded");
      assert.equal((await talk(portOf(service.url), again)).said, "");
    }
  },
);

test(
  "a broken renewal is refused with everything else that was changed, and the old certificate stays",
  LIMIT,
  async (t) => {
    const service = await start(t, (dir) => ({ tls: tlsIn(dir) }));
    const renewed = makeCertificate({ name: "renewed", by: authority });
    await replace(join(service.dir, "cert.pem"), renewed.cert); // its key is yet to come
    await replace(service.policy_file, EVERYONE.replace("orders", "changed"));
    const { msg, reason } = await hangUp(service);
    assert.equal(msg, "reload refused: what was loaded before stays in force");
    assert.match(reason ?? "", /nats-sts\.yaml:\d+:\d+: \S+key\.pem does not fit the certificate$/);
    const { socket } = await getOver(`${service.url}/healthz`, { ca });
    assert.equal(socket.getPeerCertificate().subject.CN, "server");
    await replace(join(service.dir, "key.pem"), renewed.key, 0o600);
    assert.equal((await hangUp(service)).msg, "reloaded");
    const next = await getOver(`${service.url}/healthz`, { ca });
    assert.equal(next.socket.getPeerCertificate().subject.CN, "renewed");
  },
);

test(
  "a certificate that has expired is told in the log, and keeps nothing else from coming into force",
  LIMIT,
  async (t) => {
    const service = await start(t, (dir) => ({ tls: tlsIn(dir) }));
    await putCertificate(
      service.dir,
      makeCertificate({ name: "late", by: authority, until: "20210101000000Z" }),
    );
    assert.equal((await hangUp(service)).msg, "reloaded");
    const told = service.logs().find((line) => line.includes("has expired at 2021-01-01"));
    assert.equal(JSON.parse(told ?? "{}").listener, "listen");
  },
);
