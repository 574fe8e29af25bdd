import type { Fault } from "../../config/index.ts";
import type { Subject } from "../subject.ts";
import type { LintedRole, Pattern } from "./linted.ts";

/** Looks at every subject that somebody wrote. */
export const eachPattern = (roles: readonly LintedRole[], look: (pattern: Pattern) => Fault[]) =>
  roles.flatMap(({ patterns }) => patterns.flatMap(look));

/** Whether this is the first token of a subject. */
export const startsAt = ({ subject }: Pattern, first: string) => subject.tokens[0] === first;

/** A pattern with every slot as wide as its values can be. */
export function starred({ subject }: Pattern): Subject {
  return { ...subject, tokens: subject.tokens.map((token) => (token === "{}" ? "*" : token)) };
}

/** The first finding of each place: an intent comes to several subjects, and a role has several holders. */
export const onePlaceOnce = (faults: readonly Fault[]): Fault[] => [
  ...new Map(
    [...faults].reverse().map((fault) => [`${fault.file}:${fault.line}:${fault.col}`, fault]),
  ).values(),
];
