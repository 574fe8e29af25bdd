import { StsError } from "../errors.ts";
import type { ProvedKey } from "./dpop.ts";

/** More proofs than this do not come within their life; further ones are refused for now. */
const PROOFS_LIMIT = 100_000;

/** Proofs that have been used (RFC 9449 §11.1), for as long as they would be young enough. */
export interface UsedProofs {
  /** Throws StsError `token_binding_invalid` the second time, `overloaded` where there is no room. */
  take(key: ProvedKey, now_s: number): void;
  /** How many are held. */
  size(): number;
}

/** Kept in memory: a proof lives for a minute and a half, about as long as a restart. */
export function usedProofs({ limit_proofs = PROOFS_LIMIT } = {}): UsedProofs {
  const used = new Map<string, number>();
  let earliest_s = 0;
  return {
    size: () => used.size,
    take({ proof, until_s }, now_s) {
      if (used.has(proof))
        throw new StsError("token_binding_invalid", { reason: "the DPoP proof was used before" });
      if (used.size >= limit_proofs && earliest_s <= now_s) {
        earliest_s = Number.POSITIVE_INFINITY;
        for (const [each, end_s] of used)
          if (end_s <= now_s) used.delete(each);
          else earliest_s = Math.min(earliest_s, end_s);
      }
      if (used.size >= limit_proofs) throw new StsError("overloaded", { limit: "used_proofs" });
      used.set(proof, until_s);
      earliest_s = Math.min(earliest_s, until_s);
    },
  };
}
