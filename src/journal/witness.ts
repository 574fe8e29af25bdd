import type { Head } from "./chain.ts";
import type { SignedHead } from "./head.ts";

/** A head that was signed before this start, and the file that it stands in. */
export interface Witness {
  readonly head: SignedHead;
  readonly file: string;
}

/** What to do about a journal that is not the one that was signed. */
const REMEDY =
  "Going on would forget what it knew, such as revocations: restore the newest copy of the journal. To go on without it all the same, move that file away";

/** Why an event is not the one that was signed; undefined where it is, or another one was. */
export function contradiction(witness: Witness | undefined, head: Head): string | undefined {
  if (witness?.head.seq !== head.seq || witness.head.hash === head.hash) return undefined;
  return `is not event ${head.seq} as it was signed at ${witness.head.at} (${witness.file}): it or what came before was rewritten, or the journal was replaced. ${REMEDY}`;
}

/** Why a journal that ends here is not whole; undefined where nothing later was signed. */
export function cutShort(witness: Witness | undefined, head: Head): string | undefined {
  if (!witness || witness.head.seq <= head.seq) return undefined;
  return `ends at event ${head.seq}, but event ${witness.head.seq} was signed at ${witness.head.at} (${witness.file}): the journal was cut, replaced, or restored from an older copy. ${REMEDY}`;
}
