import type { Subject } from "./subject.ts";

/**
 * The pattern of the subjects that two patterns have in common; undefined where there are none.
 * Queue groups are not looked at.
 */
export function meet(a: Subject, b: Subject): Subject | undefined {
  const tokens: string[] = [];
  for (let i = 0; ; i++) {
    const [x, y] = [a.tokens[i], b.tokens[i]];
    if (x === undefined && y === undefined) return { text: tokens.join("."), tokens };
    if (x === undefined || y === undefined) return undefined;
    if (x === ">" || y === ">") {
      const rest = (x === ">" ? b : a).tokens.slice(i);
      return { text: [...tokens, ...rest].join("."), tokens: [...tokens, ...rest] };
    }
    if (x !== y && x !== "*" && y !== "*") return undefined;
    tokens.push(x === "*" ? y : x);
  }
}
