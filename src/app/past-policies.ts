import type { OpenPolicy } from "../policy/index.ts";
import type { Loaded } from "./effects.ts";

/** Policies that are kept, so that reloads without end do not fill the memory. */
const PAST_LIMIT = 16;

/** The policies that were in force while credentials were issued that live now. */
export interface PastPolicies {
  keep(loaded: Loaded, now_s: number): void;
  find(digest: string): OpenPolicy | undefined;
}

/** Keeps each until the last credential that it gave has expired. */
export function pastPolicies(): PastPolicies {
  const kept = new Map<string, { readonly until_s: number; openPolicy(): OpenPolicy }>();
  return {
    keep({ policy, config, openPolicy }, now_s) {
      for (const [digest, { until_s }] of kept) if (until_s <= now_s) kept.delete(digest);
      kept.delete(policy.digest); // the latest stands last
      kept.set(policy.digest, { until_s: now_s + config.max_ttl_s, openPolicy });
      for (const oldest of kept.keys()) if (kept.size > PAST_LIMIT) kept.delete(oldest);
    },
    find: (digest) => kept.get(digest)?.openPolicy(),
  };
}
