import { overlaps, splitSubject } from "../subject.ts";
import type { Change, Changes } from "./compare.ts";
import type { JournaledDiff } from "./journaled.ts";

/** A credential that lives, as a journal keeps it. */
export interface LiveCredential {
  readonly account: string;
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/**
 * Whether a credential permits what its identity would not get any more: surely, possibly where that
 * depends on claims which nobody kept, or not.
 */
export function narrowed(
  { sure, unsure }: JournaledDiff,
  credential: LiveCredential,
): "surely" | "possibly" | "no" {
  if (takesFrom(sure, credential)) return "surely";
  return takesFrom(unsure, credential) ? "possibly" : "no";
}

const takesFrom = ({ lost, tightened }: Changes, credential: LiveCredential) =>
  [...lost, ...tightened].some((change) => concerns(change, credential));

/** Where a slot stands, anything may have stood: rather one too many than one too few. */
function concerns({ account, verb, subject }: Change, credential: LiveCredential): boolean {
  if (account !== credential.account || verb === "administer") return false;
  if (verb === "sign by") return true;
  const taken = splitSubject(subject.replaceAll(/\{[^{}]*\}/g, "*"), verb);
  if ("fault" in taken) return true;
  return credential[verb].some((text) => {
    const held = splitSubject(text, verb);
    return "fault" in held || overlaps(taken, held);
  });
}
