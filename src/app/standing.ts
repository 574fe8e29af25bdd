import { type ProofNonces, proofNonces, type UsedProofs, usedProofs } from "../identity/index.ts";
import {
  type Journal,
  type KeysInUse,
  keysInUse,
  type UsedTokens,
  usedTokens,
} from "../journal/index.ts";
import { createMetrics, type Metrics } from "../metrics/index.ts";
import type { Effects, Loaded } from "./effects.ts";
import { openTheJournal } from "./journal.ts";
import { timer } from "./measures.ts";
import { type Trust, trust } from "./trust.ts";

/** What stands from start to end, whatever is loaded meanwhile. */
export interface Standing {
  readonly effects: Effects;
  readonly metrics: Metrics;
  readonly journal: Journal;
  readonly user_keys: KeysInUse;
  readonly used_tokens: UsedTokens;
  readonly used_proofs: UsedProofs;
  readonly proof_nonces: ProofNonces;
  readonly trust: Trust;
  /** Unix seconds, whole. */
  now_s(): number;
  readonly timed: ReturnType<typeof timer>;
}

/** Opens the journal, and with it what is remembered over a restart. */
export async function openStanding(loaded: Loaded, effects: Effects): Promise<Standing> {
  const metrics = createMetrics();
  const user_keys = keysInUse({ max_ttl_s: loaded.config.max_ttl_s });
  const used_tokens = usedTokens();
  const journal = await openTheJournal(loaded, effects, metrics, [user_keys, used_tokens]);
  return {
    effects,
    metrics,
    journal,
    user_keys,
    used_tokens,
    used_proofs: usedProofs(),
    proof_nonces: proofNonces(),
    trust: trust(),
    now_s: () => Math.floor(effects.now_ms() / 1000),
    timed: timer(metrics),
  };
}
