import type { SignedHead } from "./head.ts";

/** Brings heads to one place, one at a time. */
export interface Courier {
  /** Resolves once this head, or a newer one, has arrived or has failed. Never rejects. */
  take(head: SignedHead): Promise<void>;
  failures(): number;
}

/** A courier that never takes the same head twice, and starts no second errand while one is under way. */
export function courier(
  deliver: (head: SignedHead) => Promise<void>,
  on_failure: (reason: string) => void,
): Courier {
  let delivered_seq = 0;
  let failures = 0;
  return {
    async take(head) {
      if (head.seq <= delivered_seq) return;
      try {
        await deliver(head);
        delivered_seq = head.seq;
      } catch (error) {
        failures += 1;
        on_failure(reasonOf(error));
      }
    },
    failures: () => failures,
  };
}

/** The code where there is one: a message may hold the URL, which may hold a secret. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const { code, cause } = error as NodeJS.ErrnoException; // if it is one, it has a code
  if (typeof code === "string") return code;
  return cause instanceof Error && "code" in cause ? String(cause.code) : error.name;
}
