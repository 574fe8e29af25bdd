import assert from "node:assert/strict";
import { test } from "node:test";
import { bucket, isLoopback, seconds } from "../../src/config/index.ts";
import { FILE, faultsOf, LEAST, other, read } from "./support.ts";

test("what is not written has its default", () => {
  const { issuers, accounts, ...rest } = read(LEAST);
  assert.deepEqual(rest, {
    file: FILE,
    listen: { host: "127.0.0.1", port: 8080 },
    admin_listen: { host: "127.0.0.1", port: 9090 },
    metrics_listen: { host: "127.0.0.1", port: 9464 },
    public_url: "http://127.0.0.1:8080",
    trusted_proxies: [],
    default_ttl_s: 900,
    max_ttl_s: 3600,
    clock_skew_s: 30,
    docs: true,
    dpop: { nonce: "none" },
    policy_file: "/etc/nats-sts/policy.yaml",
    on_narrow: "keep",
    explain: false,
    reload_every_s: 10,
    journal: {
      dir: "/etc/nats-sts/data/journal",
      writer: "main",
      keep_s: 90 * 86_400,
      heads: { every_s: 60 },
    },
    limits: {
      body_bytes: 65_536,
      header_bytes: 16_384,
      token_bytes: 12_288,
      connections: 10_000,
      in_flight: 2_000,
      request_timeout_s: 5,
      shutdown_grace_s: 20,
      shutdown_delay_s: 3,
      rate_per_address: { burst: 6000, per_s: 100 },
      rate_per_identity: { burst: 600, per_s: 10 },
      rate_keys: 100_000,
      journal_unverified: { burst: 50, per_s: 50 },
    },
    log_level: "info",
  });
  assert.equal(issuers[0]?.insecure_http, false);
  assert.deepEqual([issuers[0]?.audience, issuers[0]?.required_scopes], [["nats-sts"], []]);
  assert.deepEqual(accounts[0]?.servers, ["nats://127.0.0.1:4222"]);
});

test("durations and rates are converted, and a rate may come at once", () => {
  const table: [string, number][] = [
    ["1s", 1],
    ["15m", 900],
    ["1h", 3600],
    ["90d", 7_776_000],
    ["999999s", 999_999],
  ];
  for (const [text, expected] of table) assert.equal(seconds(text), expected, text);
  assert.deepEqual(bucket("50/s"), { burst: 50, per_s: 50 });
  assert.deepEqual(bucket("600/m"), { burst: 600, per_s: 10 });
});

test("with TLS, callers know the service by https", () => {
  const tls = `${LEAST}tls: { cert_file: a, key_file: b }\n`;
  assert.equal(read(`${tls}listen: 127.0.0.1:1\n`).public_url, "https://127.0.0.1:1");
  assert.deepEqual(faultsOf(`${tls}public_url: http://sts.test\n`), [
    "8:1 must be an https URL: with tls nothing is answered over http",
  ]);
});

test("a duration or rate that is not written as one is a fault", () => {
  for (const text of [
    "0s",
    "15",
    '"15"',
    "1.5h",
    "-1s",
    "1w",
    "01m",
    "1 h",
    "1H",
    "1000000s",
    "null",
  ])
    assert.deepEqual(
      faultsOf(`${LEAST}max_ttl: ${text}\n`),
      ["7:1 must be a duration such as 30s, 15m, 1h or 90d"],
      text,
    );
  for (const text of ["0/s", "5", "5/h", "1.5/s", "1/ s", "-1/s", "[5/s]"])
    assert.deepEqual(
      faultsOf(`${LEAST}limits: { rate_per_address: ${text} }\n`),
      ["7:11 must be a rate such as 50/s or 600/m"],
      text,
    );
});

test("paths are relative to the file that names them, and absolute ones stay", () => {
  const text = LEAST.replace("./keys/orders.nk", "/run/secrets/orders.nk").replace(
    "policy: policy.yaml",
    "policy: ../common/policy.yaml",
  );
  const { accounts, policy_file } = read(text);
  assert.deepEqual(accounts[0]?.signing_keys, [{ file: "/run/secrets/orders.nk", scoped: false }]);
  assert.equal(policy_file, "/etc/common/policy.yaml");
});

test("an account has its own servers, or the common ones", () => {
  const servers = "servers: [nats://a:4222, wss://b/nats, 10.0.0.1:4222]\n";
  const own = other("BILLING").replace(" }", " }").replace("] }", "], servers: [tls://c] }");
  const { accounts } = read(`${LEAST.replace("journal:", `  - ${own}\njournal:`)}${servers}`);
  assert.deepEqual(accounts[0]?.servers, ["nats://a:4222", "wss://b/nats", "10.0.0.1:4222"]);
  assert.deepEqual(accounts[1]?.servers, ["tls://c"]);
});

test("an audience may be a list, and a journal may be standard output", () => {
  const text = LEAST.replace("audience: nats-sts", "audience: [a, b]").replace(
    "{ dir: ./data/journal }",
    "stdout",
  );
  assert.deepEqual(read(text).issuers[0]?.audience, ["a", "b"]);
  assert.equal(read(text).journal, "stdout");
});

test("listeners take names, IPv4 and IPv6", () => {
  const { listen, public_url } = read(`${LEAST}listen: "[::1]:80"\n`);
  assert.deepEqual([listen, public_url], [{ host: "::1", port: 80 }, "http://[::1]:80"]);
  assert.deepEqual(read(`${LEAST}listen: localhost:80\n`).listen, { host: "localhost", port: 80 });
});

test("only addresses that no other machine reaches are loopback", () => {
  for (const host of ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
    assert.ok(isLoopback(host), host);
  for (const host of [
    "0.0.0.0",
    "::",
    "127.1",
    "127.0.0.1.evil.test",
    "localhost.evil.test",
    "",
    "0",
  ])
    assert.ok(!isLoopback(host), host);
});

test("a listener may stand open behind a proxy or a mesh, with a public_url", () => {
  const open = `${LEAST}listen: 0.0.0.0:8080\nmetrics_listen: 0.0.0.0:9464\npublic_url: https://sts.test/x\n`;
  assert.deepEqual(faultsOf(`${open}plaintext: true\n`), []);
  assert.deepEqual(faultsOf(`${open}trusted_proxies: [10.0.0.0/8, "fd00::/8"]\n`), []);
});

test("the environment stands above the file", () => {
  const config = read(`${LEAST}servers: [nats://file:1]\npublic_url: https://file.test\n`, {
    NATS_STS_LISTEN: "127.0.0.2:1",
    NATS_STS_ADMIN_LISTEN: "[::1]:2",
    NATS_STS_METRICS_LISTEN: "localhost:3",
    NATS_STS_PUBLIC_URL: "https://env.test",
    NATS_STS_SERVERS: "nats://a:1, nats://b:2",
    NATS_STS_LOG_LEVEL: "debug",
  });
  assert.deepEqual(config.listen, { host: "127.0.0.2", port: 1 });
  assert.deepEqual(config.admin_listen, { host: "::1", port: 2 });
  assert.deepEqual(config.metrics_listen, { host: "localhost", port: 3 });
  assert.equal(config.public_url, "https://env.test");
  assert.deepEqual(config.accounts[0]?.servers, ["nats://a:1", "nats://b:2"]);
  assert.equal(config.log_level, "debug");
});

test("an empty environment variable is an absent one", () => {
  const names = ["LISTEN", "ADMIN_LISTEN", "METRICS_LISTEN", "PUBLIC_URL", "SERVERS", "LOG_LEVEL"];
  const empty = Object.fromEntries(names.map((name) => [`NATS_STS_${name}`, ""]));
  assert.deepEqual(read(LEAST, empty), read(LEAST));
});

test("the environment is held to what the file is held to, and named where it is wrong", () => {
  const hostport = "must be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080";
  const server =
    "must be the URL of a NATS server, such as nats://127.0.0.1:4222, without user and password";
  const table: [string, string, string][] = [
    ...["8080", "h:", ":80", "h:-1", "h:1e3", "h:0x10", "::1:80", "a b:80", "h:123456"].map(
      (text): [string, string, string] => ["LISTEN", text, hostport],
    ),
    ["METRICS_LISTEN", "h:99999", "must be HOST:PORT with a port up to 65535"],
    ["PUBLIC_URL", "https://sts.test/", "must not end with a slash"],
    ["SERVERS", "nats://a:1,", server],
    ["SERVERS", "nats://me:hunter2@a:1", server],
    ["LOG_LEVEL", "loud", "must be one of fatal, error, warn, info, debug, trace, silent"],
  ];
  for (const [name, text, message] of table) {
    const faults = faultsOf(LEAST, { [`NATS_STS_${name}`]: text });
    assert.deepEqual(faults, [`NATS_STS_${name} ${message}`], text);
  }
  const open = faultsOf(`${LEAST}public_url: https://sts.test\n`, {
    NATS_STS_LISTEN: "0.0.0.0:80",
  });
  assert.equal(open.length, 1);
  assert.match(open[0] ?? "", /^NATS_STS_LISTEN listens beyond loopback in plain text/);
});

test("a variable that is wrong does not hide what is wrong in the file", () => {
  const faults = faultsOf(`${LEAST}max_tll: 1h\n`, { NATS_STS_LOG_LEVEL: "loud" });
  assert.equal(faults.length, 2);
  assert.match(faults[1] ?? "", /^7:1 unknown key "max_tll": did you mean "max_ttl"\?$/);
});
