import type { LintedRole, Pattern } from "./linted.ts";
import { starred } from "./patterns.ts";

/** Patterns by their tokens: those that meet one are found without looking at all of them. */
export interface Place {
  readonly next: Map<string, Place>;
  /** The first that ends here of each queue group, and the first that goes on with `>`: others are as wide. */
  readonly ends: Map<string, Pattern>;
  readonly rests: Map<string, Pattern>;
}

/** The patterns of roles, by account. */
export function placesOf(roles: readonly LintedRole[]): ReadonlyMap<string, Place> {
  const accounts = new Map<string, Place>();
  for (const { role, patterns } of roles) {
    const root = accounts.get(role.account) ?? nowhere();
    accounts.set(role.account, root);
    for (const pattern of patterns) put(root, pattern);
  }
  return accounts;
}

const nowhere = (): Place => ({ next: new Map(), ends: new Map(), rests: new Map() });

function put(root: Place, pattern: Pattern): void {
  const queue = pattern.subject.queue?.join(".") ?? "";
  const first = (of: Map<string, Pattern>) => void (of.has(queue) || of.set(queue, pattern));
  let place = root;
  for (const token of starred(pattern).tokens) {
    if (token === ">") {
      first(place.rests);
      return;
    }
    const next = place.next.get(token) ?? nowhere();
    place.next.set(token, next);
    place = next;
  }
  first(place.ends);
}

/**
 * The patterns that overlap one and have a fixed name at `slot`, where that one has a slot.
 *
 * @param names those to look for; undefined for whichever there are
 */
export function* namedAt(
  place: Place,
  tokens: readonly string[],
  slot: number,
  names: readonly unknown[] | undefined,
): Generator<Pattern> {
  const [token, ...rest] = tokens;
  if (slot === 0) {
    for (const name of names ?? place.next.keys()) {
      const isName = typeof name === "string" && /^[A-Za-z0-9]/.test(name);
      const next = isName ? place.next.get(name) : undefined;
      if (next) yield* overlapping(next, rest);
    }
    return;
  }
  for (const next of beside(place, token ?? "")) yield* namedAt(next, rest, slot - 1, names);
}

function* overlapping(place: Place, [token, ...rest]: readonly string[]): Generator<Pattern> {
  if (token === undefined) {
    yield* place.ends.values();
    return;
  }
  yield* place.rests.values();
  for (const next of beside(place, token)) {
    // What is below the `>` of one is all of it, at whichever depth it ends.
    if (token === ">") yield* next.ends.values();
    yield* overlapping(next, token === ">" ? [">"] : rest);
  }
}

/** Where a token leads: a wildcard everywhere, a name to itself and to a wildcard. */
const beside = ({ next }: Place, token: string): readonly Place[] =>
  token === "*" || token === ">"
    ? [...next.values()]
    : [token, "*"].flatMap((name) => next.get(name) ?? []);
