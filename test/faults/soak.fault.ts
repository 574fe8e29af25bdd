import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Service } from "../support/service.ts";
import {
  askUntil,
  assertRecorded,
  assertVerifies,
  CONFIG,
  eventually,
  metric,
  serving,
} from "./callers.ts";
import { fastClock } from "./faketime.ts";
import { MEASURED_ENV, median, type Size, sizeOf } from "./process-size.ts";
import { caller } from "./soak-caller.ts";

/** An hour at 50 a second, or as much of it as fits into the time. */
const EXCHANGES = 180_000;
const SOAK_MS = 80_000;
/** So the service sees an hour pass: tokens, keys of the issuer, keys in use and counters get old. */
const CLOCK_TIMES = 45;
const CALLERS = 24;
/** With room for reading the journal afterwards. */
const LIMIT = { timeout: 400_000 };

/** Fewer than there are identities: those at rest have to make room for others. */
const RATE_KEYS = 1_000;
const SAMPLE_EVERY_MS = 2_000;
/** The share of the time until which code is compiled, and caches fill for the first time. */
const WARM_UP = 0.4;
/** What may lie between two looks at a process that does not grow. */
const HEAP_SLACK_MB = 5;
const RSS_SLACK_MB = 40;
/** Connections that are being opened or closed, and those to the issuer. */
const MORE_SOCKETS = 30;
/** Those that are being read just now. */
const MORE_FILES = 3;

const policyOf = (round: number) => `
version: 1
rules:
  - { name: everyone, issuer: corp, client: worker, grant: { account: ORDERS, subscribe: [orders.${round}.>] } }
`;

const config = {
  ...CONFIG,
  // So that what is remembered of credentials is forgotten several times.
  ...{ default_ttl: "1m", max_ttl: "2m", clock_skew: "2m", reload_every: "1h" },
  limits: { ...CONFIG.limits, rate_keys: RATE_KEYS },
};

/** The clock of a service, which told the time when it began to listen, as it runs on. */
function clockOf(service: Service): () => number {
  const listening = service.logs().find((line) => line.includes('"msg":"listening"')) ?? "";
  const { time: began_ms } = JSON.parse(listening);
  const from_ms = performance.now();
  return () => Math.floor((began_ms + (performance.now() - from_ms) * CLOCK_TIMES) / 1000);
}

/** Nothing may be more in the last third than it was at the end of the warm-up, but for the slack. */
function assertFlat(sizes: readonly Size[], what: keyof Size, slack: number): void {
  const warm = Math.floor(sizes.length * WARM_UP);
  const window = Math.max(3, Math.floor(sizes.length / 5));
  const then = median(sizes.slice(warm, warm + window), what);
  const now = median(sizes.slice(-window), what);
  const course = sizes.map((size) => Math.round(size[what])).join(" ");
  assert.ok(now <= then + slack, `${what} grew from ${then} to ${now}: ${course}`);
}

test(
  "an hour of exchanges, refusals, reconnects, reloads and new keys leaves a service no larger",
  LIMIT,
  async (t) => {
    const env = { ...(await fastClock(CLOCK_TIMES)), ...MEASURED_ENV };
    const { options, service, provider } = await serving(t, undefined, {
      ...{ env, config, policy: policyOf(0) },
    });
    const now_s = clockOf(service);
    const received: string[] = [];
    let answers = 0;
    const from_ms = performance.now();
    const over = () => answers >= EXCHANGES || performance.now() - from_ms > SOAK_MS;

    const sizes: Size[] = [];
    const watching = (async () => {
      while (!over()) {
        await delay(SAMPLE_EVERY_MS);
        sizes.push(await sizeOf(service));
        await writeFile(service.policy_file, policyOf(sizes.length));
        service.child.kill("SIGHUP");
      }
    })();
    const callers = Array.from({ length: CALLERS }, () => caller(service, provider, now_s));
    t.after(() => callers.forEach(({ close }) => void close()));
    const asking = callers.map((one) =>
      askUntil(1, over, async () => {
        const id = await one.ask();
        answers += 1;
        if (id !== undefined) received.push(id);
      }),
    );
    await Promise.all([watching, ...asking]);

    t.diagnostic(`${answers} answers, ${received.length} credentials`);
    t.diagnostic(`heap MB ${sizes.map(({ heap_mb }) => heap_mb.toFixed(1)).join(" ")}`);
    t.diagnostic(`RSS MB ${sizes.map(({ rss_mb }) => Math.round(rss_mb)).join(" ")}`);
    assertFlat(sizes, "heap_mb", HEAP_SLACK_MB);
    assertFlat(sizes, "rss_mb", RSS_SLACK_MB);
    assertFlat(sizes, "files", MORE_FILES);
    for (const { sockets, rate_keys } of sizes) {
      assert.ok(sockets <= CALLERS + MORE_SOCKETS, `${sockets} sockets`);
      assert.ok(rate_keys <= RATE_KEYS, `${rate_keys} counters`);
    }
    assert.ok((await metric(service, 'jwks_refresh_total{issuer="corp",result="ok"}')) >= 3);
    assert.ok((await metric(service, 'reload_total{result="loaded"}')) >= sizes.length - 1);
    assert.equal(
      await metric(service, 'exchanges_total{code="internal",issuer="corp"}'),
      Number.NaN,
    );
    assert.equal(await metric(service, "in_flight"), 0);
    await eventually(
      () => sizeOf(service),
      ({ sockets }) => sockets <= CALLERS + MORE_SOCKETS,
    );
    assert.equal(await service.stop(), 0);
    await assertRecorded(options.dir, received);
    await assertVerifies(t, options.dir);
  },
);
