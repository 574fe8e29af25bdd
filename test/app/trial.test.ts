import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import type { Loaded } from "../../src/app/index.ts";
import type { Standing } from "../../src/app/standing.ts";
import { trialOf } from "../../src/app/trial.ts";
import { createMetrics } from "../../src/metrics/index.ts";
import { decide, type Policy } from "../../src/policy/index.ts";
import { NOW_S, who, withRoles } from "../policy/support.ts";

const policy = withRoles({ r: "account: ORDERS, publish: [a]" });
const decision = decide(policy, who("r"), {}, NOW_S);

/** Tries a policy on a decision. The rest of what is loaded does not matter to it. */
function tried(audit?: Policy) {
  const metrics = createMetrics();
  const effects = { log: pino({ level: "silent" }) };
  const trial = trialOf({ audit } as Loaded, { metrics, effects } as unknown as Standing);
  return { metrics, audited: trial(who("r"), {}, decision, NOW_S) };
}

test("without a policy on trial nothing is said", async () => {
  const { audited, metrics } = tried();
  assert.equal(audited, undefined);
  assert.doesNotMatch(await metrics.read(), /audit_total\{/);
});

test("what a policy on trial throws stays with it: it is counted, and journaled as failed", async () => {
  const issuers = new Proxy(new Map(), {
    get: () => {
      throw new Error("broken");
    },
  });
  const { audited, metrics } = tried({ ...policy, issuers });
  assert.deepEqual(audited, { policy: policy.digest, result: "failed" });
  assert.match(await metrics.read(), /audit_total\{result="failed"\} 1/);
});
