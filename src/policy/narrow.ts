import type { Narrowing } from "./decision.ts";
import { covers, type Direction, parseSubject, type Subject, unite } from "./subject.ts";

/** A credential with more entries would be larger than any server accepts. */
export const NARROWING_LIMIT = 1000;
/** Seconds. A credential with less than this left is not given out. */
export const LEFT_MIN_S = 5;

/** Whether a request has the form that its type promises. Doors check it; what grants checks again. */
export function wellFormed(request: unknown): request is Narrowing {
  if (typeof request !== "object" || request === null) return false;
  const { account, roles, publish, subscribe, ttl_s } = request as Record<keyof Narrowing, unknown>; // each is checked below
  return (
    (account === undefined || typeof account === "string") &&
    [roles, publish, subscribe].every((list) => list === undefined || isTexts(list)) &&
    (ttl_s === undefined || (Number.isSafeInteger(ttl_s) && Number(ttl_s) >= LEFT_MIN_S))
  );
}

const isTexts = (list: unknown) =>
  Array.isArray(list) && list.every((text) => typeof text === "string");

/**
 * The part of `granted` that is wanted. Absent means all of it, and an empty list none. Each entry
 * must be covered by one granted entry: what only several together cover no single role may permit.
 *
 * @param elsewhere an entry that is granted in another way: it is left out where nothing covers it
 * @returns the index of the first entry that is not covered or is no subject.
 */
export function narrow(
  granted: readonly Subject[],
  wanted: readonly string[] | undefined,
  direction: Direction,
  elsewhere?: string,
): readonly Subject[] | { readonly uncovered: number } {
  if (wanted === undefined) return granted;
  const kept: Subject[] = [];
  for (const [index, text] of wanted.entries()) {
    const subject = parseSubject(text, direction);
    if (!("fault" in subject) && granted.some((one) => covers(one, subject))) kept.push(subject);
    else if (text !== elsewhere) return { uncovered: index };
  }
  return unite(kept);
}
