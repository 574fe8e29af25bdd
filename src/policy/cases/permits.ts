import type { Grant } from "../decision.ts";
import { covers, type Direction, overlaps, parseSubject, type Subject } from "../subject.ts";

/** The patterns of one direction of a grant. Those of a grant are subjects: a policy made them. */
function patternsOf(grant: Grant, direction: Direction): readonly Subject[] {
  return subjectsIn(grant[direction], direction);
}

const deniesOf = (grant: Grant, direction: Direction) =>
  subjectsIn(grant[`deny_${direction}`] ?? [], direction);

const subjectsIn = (texts: readonly string[], direction: Direction) =>
  texts.flatMap((text) => {
    const subject = parseSubject(text, direction);
    return "fault" in subject ? [] : [subject];
  });

/** Whether a grant permits every subject that a pattern names, as nats-server goes by it. */
export function permitsAll(grant: Grant, direction: Direction, wanted: Subject): boolean {
  const allowed = patternsOf(grant, direction).some((pattern) => covers(pattern, wanted));
  return allowed && !deniesOf(grant, direction).some((deny) => meets(deny, wanted));
}

/**
 * Whether a grant permits at least one subject that a pattern names. A plain subject asks about
 * subscriptions without a queue group; `subject queue` about those in it.
 */
export function permitsSome(grant: Grant, direction: Direction, wanted: Subject): boolean {
  // Whoever sends a request names the subject of its answer, whichever it is.
  if (direction === "publish" && grant.responses) return true;
  const denies = deniesOf(grant, direction);
  return patternsOf(grant, direction).some(
    (pattern) =>
      meets(pattern, wanted) &&
      // What both name may be narrower than either, so a deny must cover one of them whole.
      !denies.some((deny) => covers(deny, wanted) || covers(deny, pattern)),
  );
}

/** Whether two patterns have a subject in common that is used in the same way. */
function meets(pattern: Subject, wanted: Subject): boolean {
  if (!overlaps(pattern, wanted)) return false;
  if (pattern.queue === undefined) return true;
  if (wanted.queue === undefined) return false;
  return overlaps({ text: "", tokens: pattern.queue }, { text: "", tokens: wanted.queue });
}
