import type { Grant } from "../decision.ts";
import { meet } from "../meet.ts";
import {
  covers,
  type Direction,
  matches,
  overlaps,
  parseSubject,
  type Subject,
} from "../subject.ts";

/** A token that no pattern names: of what a wildcard matches, it is what the fewest denies match. */
const OTHER = "";

/** Those of a grant are subjects: a policy made them. */
const subjectsIn = (texts: readonly string[], direction: Direction) =>
  texts.flatMap((text) => {
    const subject = parseSubject(text, direction);
    return "fault" in subject ? [] : [subject];
  });

const deniesOf = (grant: Grant, direction: Direction) =>
  subjectsIn(grant[`deny_${direction}`] ?? [], direction);

/** Whether a grant permits every subject that a pattern names, as nats-server goes by it. */
export function permitsAll(grant: Grant, direction: Direction, wanted: Subject): boolean {
  const patterns = subjectsIn(grant[direction], direction);
  const groups = groupsAt(patterns, wanted);
  const counts = wanted.queue !== undefined && groups.length > 0 ? groups : patterns;
  if (!counts.some((pattern) => covers(pattern, wanted))) return false;
  return !deniesOf(grant, direction).some((deny) => overlaps(deny, wanted));
}

/**
 * Whether a grant permits at least one subject that a pattern names. A plain subject asks about
 * subscriptions without a queue group; `subject queue` about those in it.
 */
export function permitsSome(grant: Grant, direction: Direction, wanted: Subject): boolean {
  // Whoever sends a request names the subject of its answer, whichever it is.
  if (direction === "publish" && grant.responses) return true;
  const patterns = subjectsIn(grant[direction], direction);
  const denies = deniesOf(grant, direction);
  return patterns.some((pattern) => {
    const both = meet(direction === "subscribe" ? asHeard(pattern) : pattern, wanted);
    if (!both || !letsIn(pattern, patterns, wanted.queue)) return false;
    return literalsOf(both, denies).some((one) => !denies.some((deny) => matches(deny, one)));
  });
}

/**
 * The queue forms that nats-server finds for a subscription. Where there are any, one of them has to
 * name the group: a plain subject beside them lets no other group in.
 */
const groupsAt = (patterns: readonly Subject[], { tokens }: Subject) =>
  patterns.filter((one) => one.queue !== undefined && finds(one.tokens, tokens));

/** Whether a pattern lets this group in, or listening without one. */
function letsIn(
  pattern: Subject,
  patterns: readonly Subject[],
  group: readonly string[] | undefined,
): boolean {
  if (group === undefined) return pattern.queue === undefined;
  if (pattern.queue === undefined) return groupsAt(patterns, pattern).length === 0;
  return overlaps({ text: "", tokens: pattern.queue }, { text: "", tokens: group });
}

/** As nats-server looks a subscription up: its wildcards are letters, so that `*` finds `>`. */
function finds(pattern: readonly string[], asked: readonly string[]): boolean {
  for (const [i, token] of pattern.entries()) {
    if (asked[i] === undefined) return false;
    if (token === ">") return true;
    if (token !== "*" && token !== asked[i]) return false;
  }
  return pattern.length === asked.length;
}

/** What can be heard with a subscription: its last `*` lets a client ask for `>`, but for denies. */
function asHeard(pattern: Subject): Subject {
  if (pattern.tokens.at(-1) !== "*") return pattern;
  return { text: "", tokens: [...pattern.tokens.slice(0, -1), ">"] };
}

/** Subjects that a pattern names, of which one is not denied if any is: as long as a deny, and longer. */
function literalsOf({ tokens }: Subject, denies: readonly Subject[]): string[] {
  const named = tokens.filter((token) => token !== ">").map((t) => (t === "*" ? OTHER : t));
  if (tokens.at(-1) !== ">") return [named.join(".")];
  const longest = Math.max(0, ...denies.map((deny) => deny.tokens.length - named.length));
  return Array.from({ length: longest + 1 }, (_, i) =>
    [...named, ...Array.from({ length: i + 1 }, () => OTHER)].join("."),
  );
}
