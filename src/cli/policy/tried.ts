import type { Audited, StoredEvent } from "../../journal/index.ts";

/** Decisions in which a policy on trial differed, alike and about one identity. */
export interface TriedDifference {
  readonly issuer: string;
  readonly kind: string;
  readonly subject: string;
  readonly result: Audited["result"];
  readonly code?: string;
  readonly more: readonly string[];
  readonly less: readonly string[];
  readonly decisions: number;
  /** The newest of them, under which the journal has the rest. */
  readonly request_id: string;
}

/** What came of trying a policy on real requests. */
export interface Tried {
  /** Those on which it was tried while the other one was in force. */
  readonly decisions: number;
  readonly differences: readonly TriedDifference[];
}

/** Differences that are told apart; those that came first. */
const DIFFERENCES_LIMIT = 10_000;

/**
 * Gathers, of events in the order of their journal, where the policy `now` was tried while `old` was in
 * force: there the claims were known, which a journal does not keep.
 */
export function gatherTried(old: string, now: string) {
  const found = new Map<string, TriedDifference>();
  let decisions = 0;
  return {
    /** Begins with the events of one writer. */
    writer() {
      let trying = false;
      return (event: StoredEvent) => {
        if (event.type === "policy.loaded")
          trying = event.mode === "audit" ? event.policy === now : false;
        if (event.type !== "credential.issued" && event.type !== "credential.refused") return;
        const { identity, policy, trace, audit, request_id } = event;
        if (!identity || !trace || policy !== old) return;
        // What a journal has forgotten may have said which policy is tried.
        trying ||= audit?.policy === now;
        if (!trying) return;
        decisions++;
        if (audit?.policy !== now) return;
        const { issuer, kind, subject } = identity;
        const { result, code, more = [], less = [] } = audit;
        const same = { issuer, kind, subject, result, ...(code && { code }), more, less };
        const key = JSON.stringify(same);
        const before = found.get(key)?.decisions ?? 0;
        if (before > 0 || found.size < DIFFERENCES_LIMIT)
          found.set(key, { ...same, decisions: before + 1, request_id });
      };
    },
    tried: (): Tried => ({ decisions, differences: [...found.values()] }),
  };
}
