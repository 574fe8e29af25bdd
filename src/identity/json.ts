/** Deeper documents are no tokens. */
export const DEPTH_LIMIT = 32;

/**
 * Parses JSON as RFC 8259 wishes it were written: no member twice in one object (§4: what a reader
 * makes of that is unpredictable), no `__proto__`, and not nested without end. One pass, no recursion.
 *
 * @throws Error whose message names the rule and nothing of the text
 */
export function parseStrict(text: string): unknown {
  scan(text);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("is not JSON"); // The parser's own message quotes the text.
  }
}

/** Walks over the text token by token. What is no JSON at all is left to the parser to find. */
function scan(text: string): void {
  /** The members of each open object so far; undefined stands for an array. */
  const open: (Set<string> | undefined)[] = [];
  let at_key = false;
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case "{":
      case "[":
        at_key = text[i] === "{";
        if (open.push(at_key ? new Set() : undefined) > DEPTH_LIMIT) throw new Error("is too deep");
        break;
      case "}":
      case "]":
        open.pop();
        at_key = false;
        break;
      case ",":
        at_key = open.at(-1) !== undefined;
        break;
      case '"': {
        const end = endOfString(text, i);
        if (at_key) addMember(open.at(-1), text.slice(i, end + 1));
        at_key = false;
        i = end;
      }
    }
  }
}

/** The index of the quotation mark that ends the string beginning at `start`. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === '"') return i;
  }
  throw new Error("is not JSON");
}

/** Two spellings of a name are one name: `"a"` and `"\u0061"`. */
function addMember(members: Set<string> | undefined, quoted: string): void {
  let name: unknown;
  try {
    name = JSON.parse(quoted);
  } catch {
    throw new Error("is not JSON");
  }
  if (name === "__proto__") throw new Error("has a member __proto__");
  if (members?.has(String(name))) throw new Error("has a member twice");
  members?.add(String(name));
}
