import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readKeptHeads, verifyJournal } from "../../src/journal/index.ts";
import { runProgram } from "../cli/support.ts";
import type { Scope } from "../support/project.ts";
import { type Provider, startProvider } from "../support/provider.ts";
import {
  type Answer,
  makeAccount,
  makeDir,
  readJournal,
  type Service,
  type ServiceOptions,
  startService,
} from "../support/service.ts";

export const POLICY = `
version: 1
rules:
  - { name: everyone, issuer: corp, grant: { account: ORDERS, subscribe: [orders.>] } }
`;

/** Nobody is too fast here, and heads are signed every second. */
export const CONFIG = {
  journal: { dir: "journal", heads: { every: "1s" } },
  limits: { rate_per_address: "100000/s", rate_per_identity: "100000/s" },
};

type Situation = ServiceOptions & { readonly dir: string; readonly provider: Provider };

/** What a service is started with, again and again. */
export async function situation(
  scope: Scope,
  dir?: string,
): Promise<{ provider: Provider; options: Situation }> {
  const folder = dir ?? (await makeDir(scope));
  const provider = await startProvider(scope, { alg: "ES256" });
  const accounts = [await makeAccount(folder)];
  return { provider, options: { provider, policy: POLICY, accounts, config: CONFIG, dir: folder } };
}

/** A service, its provider, and a token that it takes. */
export async function serving(scope: Scope, dir?: string, more: Partial<ServiceOptions> = {}) {
  const { provider, options } = await situation(scope, dir);
  const service = await startService(scope, { ...options, ...more });
  return { provider, options, service, token: await provider.token() };
}

/** `issued`, or the code of the refusal. Anything else is no answer of ours, and fails the test. */
export function outcomeOf({ status, text, json, headers }: Answer): string {
  if (status === 200) return "issued";
  assert.ok(status < 500 || status === 503, `${status} ${text}`);
  if (status === 503) assert.ok(headers.has("retry-after"));
  for (const secret of ["jwt", "seed"]) assert.ok(!(secret in json), text);
  return json.code;
}

/** Asks without a pause, so many at a time, until told to stop. */
export async function askUntil(
  callers: number,
  stop: () => boolean,
  ask: () => Promise<void>,
): Promise<void> {
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (!stop()) await ask();
    }),
  );
}

/** Fails unless the journal verifies, for the function and the command, and against its own heads. */
export async function assertVerifies(scope: Scope, dir: string): Promise<void> {
  const journal = join(dir, "journal");
  const heads = join(journal, "main", "heads.jsonl");
  const { code, err } = await runProgram(scope, ["journal", "verify", journal, "--heads", heads]);
  assert.equal(code, 0, err);
}

/** What does not verify in the journal now, also against its own heads. */
export async function faultsOf(dir: string): Promise<readonly string[]> {
  const journal = join(dir, "journal");
  const heads = await readKeptHeads(join(journal, "main", "heads.jsonl"), []);
  const [verified] = await verifyJournal(journal, heads);
  return [...heads.faults, ...(verified?.faults ?? ["there is no journal"])];
}

/** The ids of the credentials on record. */
export async function recordedIds(dir: string): Promise<ReadonlySet<string>> {
  const events = await readJournal(join(dir, "journal", "main"));
  return new Set(events.flatMap((one) => (one.type === "credential.issued" ? [one.id] : [])));
}

/**
 * Fails unless these credentials are on record: none is missing, and none that was refused is there.
 *
 * @param more true where answers may have been lost on their way: then there may be others as well
 */
export async function assertRecorded(
  dir: string,
  received: readonly string[],
  { more = false } = {},
): Promise<void> {
  const recorded = await recordedIds(dir);
  const missing = received.filter((id) => !recorded.has(id));
  assert.deepEqual(missing, [], "missing in the journal");
  if (!more) assert.equal(recorded.size, new Set(received).size, "on record, but not received");
}

/** The checks of `/readyz` that failed. */
export async function unready(service: Service): Promise<readonly string[]> {
  const { status, json } = await service.request("/readyz");
  const failed = json.checks.flatMap((check: { name: string; failed?: string }) =>
    check.failed === undefined ? [] : [check.name],
  );
  assert.equal(status, failed.length === 0 ? 200 : 503);
  return failed;
}

/** One series on the page of the metrics. */
export async function metric(service: Service, series: string): Promise<number> {
  const text = await (await fetch(`${service.metrics_url}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(`nats_sts_${series} `));
  return Number(line?.split(" ").at(-1));
}

const EVENTUALLY_MS = 60_000;

/** Repeats until it is as it should be; fails where that takes too long. */
export async function eventually<T>(look: () => Promise<T>, good: (value: T) => boolean) {
  const late_ms = performance.now() + EVENTUALLY_MS;
  for (;;) {
    const value = await look();
    if (good(value)) return value;
    if (performance.now() > late_ms) throw new Error(`it is still ${JSON.stringify(value)}`);
    await delay(50);
  }
}
