import type { Head } from "./chain.ts";
import type { SignedHead } from "./head.ts";
import type { KeptHead, KeptHeads } from "./kept-heads.ts";

/** What heads that were kept elsewhere say about the journal of one writer. */
export interface HeadsChecked {
  /** Heads that are in the chain, with this hash. */
  readonly fitting: number;
  /** Heads of events that were removed as too old: nothing can be said about them. */
  readonly too_old: number;
  /** The newest head that fits: everything up to its event is as it was signed. */
  readonly newest?: SignedHead;
}

/** Compares a chain with heads, while it is read. */
export interface HeadCheck {
  /** Takes in the next sound event of the chain. */
  see(head: Head): void;
  /** @param before what stands before the first event that is kept, as that event says */
  finish(before: Head, last: Head): { checked: HeadsChecked; faults: readonly string[] };
}

/**
 * Checks that each head of this writer is in its chain. A head that is not is a fault: the past was
 * rewritten, cut or replaced after it was signed.
 */
export function headCheck({ file, writers }: KeptHeads, writer: string): HeadCheck {
  const kept = writers.get(writer) ?? [];
  const hashes = new Map<number, string | undefined>(kept.map(({ head }) => [head.seq, undefined]));
  return {
    see({ seq, hash }) {
      if (hashes.has(seq)) hashes.set(seq, hash);
    },
    finish(before, last) {
      if (hashes.has(before.seq)) hashes.set(before.seq, before.hash);
      const faults: string[] = [];
      let fitting = 0;
      let too_old = 0;
      let newest: SignedHead | undefined;
      for (const { head, line } of kept) {
        const fault = head.seq < before.seq ? undefined : faultOf(head, hashes.get(head.seq), last);
        if (fault !== undefined) faults.push(`${file}:${line}: ${fault}`);
        // The last event that was removed can contradict its head, but not vouch for what is left:
        // whoever knows a head can write what follows it.
        else if (head.seq <= before.seq) too_old += 1;
        else {
          fitting += 1;
          if (head.seq >= (newest?.seq ?? 0)) newest = head;
        }
      }
      // Whoever replaces a journal could number it so high that every head looks too old.
      if (fitting === 0 && faults.length === 0) faults.push(nothingVouches(file, writer, kept));
      return { checked: { fitting, too_old, ...(newest && { newest }) }, faults };
    },
  };
}

function faultOf(head: SignedHead, hash: string | undefined, last: Head): string | undefined {
  const signed = `signed at ${head.at}`;
  if (hash === head.hash) return undefined;
  if (head.seq > last.seq)
    return `event ${head.seq} was ${signed}, but the journal ends at ${last.seq}: its end was cut off, or the journal was replaced`;
  return hash === undefined
    ? `event ${head.seq} was ${signed}, but the journal has no such event that is sound`
    : `event ${head.seq} is not the one that was ${signed}: it or what came before was rewritten, or the journal was replaced`;
}

function nothingVouches(file: string, writer: string, kept: readonly KeptHead[]): string {
  return kept.length === 0
    ? `${file}:1: holds no head of ${writer}: nothing vouches for this journal`
    : `${file}:${kept[0]?.line ?? 1}: all ${kept.length} heads of ${writer} are of events before the oldest that is kept: nothing vouches for this journal`;
}
