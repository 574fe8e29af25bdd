import type { World } from "../line/index.ts";
import { compareDecisions, decide } from "../policy/index.ts";
import type { Loaded } from "./effects.ts";
import type { Standing } from "./standing.ts";

/**
 * Tries the policy with `mode: audit` on what another one has decided. It gives nothing, refuses nothing
 * and cannot fail: whatever goes wrong with it is counted, and the exchange goes on.
 */
export function trialOf({ audit }: Loaded, { metrics, effects }: Standing): World["trial"] {
  if (!audit) return () => undefined;
  return (identity, narrowing, decision, now_s) => {
    try {
      const tried = decide(audit, identity, narrowing, now_s);
      const { result, ...diff } = compareDecisions(decision, tried, now_s);
      metrics.add("audit_total", { result });
      return result === "same" ? undefined : { policy: audit.digest, result, ...diff };
    } catch (error) {
      metrics.add("audit_total", { result: "failed" });
      const reason = error instanceof Error ? error.message : "unknown";
      effects.log.error({ policy: audit.digest, reason }, "the policy on trial failed");
      return { policy: audit.digest, result: "failed" };
    }
  };
}
