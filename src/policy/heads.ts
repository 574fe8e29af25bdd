/** Things by the text with which others begin, in a tree: looking one up takes as long as that text. */
export class Heads<T> {
  readonly #root: Stem<T> = { text: "", found: [], next: new Map() };

  add(head: string, one: T): void {
    let stem = this.#root;
    for (let rest = head; rest !== ""; ) {
      const child = stem.next.get(rest.charAt(0)) ?? { text: rest, found: [], next: new Map() };
      const shared = sharedLength(child.text, rest);
      const next = shared < child.text.length ? split(child, shared) : child;
      stem.next.set(rest.charAt(0), next);
      stem = next;
      rest = rest.slice(shared);
    }
    stem.found.push(one);
  }

  /** Everything whose head this text begins with. */
  get(text: unknown): readonly T[] {
    if (typeof text !== "string") return [];
    const found = [...this.#root.found];
    let at = 0;
    for (let stem = this.#root.next.get(text.charAt(0)); stem; ) {
      if (!text.startsWith(stem.text, at)) break;
      at += stem.text.length;
      found.push(...stem.found);
      stem = stem.next.get(text.charAt(at));
    }
    return found;
  }
}

/** A part of heads, and what comes after it by its first character. */
interface Stem<T> {
  readonly text: string;
  readonly found: T[];
  readonly next: Map<string, Stem<T>>;
}

function split<T>({ text, found, next }: Stem<T>, at: number): Stem<T> {
  const below = { text: text.slice(at), found, next };
  return { text: text.slice(0, at), found: [], next: new Map([[text.charAt(at), below]]) };
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
