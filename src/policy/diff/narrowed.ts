import type { Grant } from "../decision.ts";
import { type Direction, overlaps, splitSubject } from "../subject.ts";
import { type Change, type Changes, deniedBy } from "./compare.ts";
import type { JournaledDiff } from "./journaled.ts";

/** A credential that lives, as a journal keeps it. */
export type LiveCredential = Pick<
  Grant,
  "account" | "publish" | "subscribe" | "responses" | "scoped_key"
>;

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
function concerns(change: Change, credential: LiveCredential): boolean {
  const { account, verb, subject, conditions } = change;
  if (account !== credential.account || verb === "administer") return false;
  if (verb === "sign by") return credential.scoped_key === subject;
  if (verb === "answer") return credential.responses !== undefined;
  const holds = (text: string) => credential[verb].some((held) => meets(text, held, verb));
  // A deny takes nothing from a credential whose subjects it does not meet.
  const denied = conditions.map(deniedBy);
  return holds(subject) && (denied.length === 0 || denied.some((d) => d === undefined || holds(d)));
}

function meets(taken: string, held: string, verb: Direction): boolean {
  const [a, b] = [
    splitSubject(taken.replaceAll(/\{[^{}]*\}/g, "*"), verb),
    splitSubject(held, verb),
  ];
  return "fault" in a || "fault" in b || overlaps(a, b);
}
