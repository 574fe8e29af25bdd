/** Control, format, surrogate and separator characters: what ends a line, acts on a terminal, or hides. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const SHOWN_LIMIT_CHARS = 160;
const COLUMNS = 100;

const escaped = (char: string) =>
  [...Array(char.length).keys()]
    .map((i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`)
    .join("");

/** A text of somebody else's as a quoted one: valid in YAML, and without anything that ends a line. */
export const quoted = (text: string): string => JSON.stringify(text).replace(UNSEEN, escaped);

/** A word of YAML: as it stands where that is a text for every reader, else quoted. */
export const word = (text: string): string =>
  /^[A-Za-z][A-Za-z0-9_-]*$/.test(text) && !NO_TEXT.test(text) ? text : quoted(text);

/** What YAML, or an older YAML, takes for something else than a text. */
const NO_TEXT = /^(null|true|false|yes|no|on|off|y|n|nan|inf)$/i;

/** The same for a sentence, where a long one need not be whole. */
export const shown = (text: string): string =>
  quoted(text.length > SHOWN_LIMIT_CHARS ? `${text.slice(0, SHOWN_LIMIT_CHARS)}…` : text);

/** A name as it stands, unless something in it has to be quoted. */
export const named = (name: string): string =>
  /^[\w.@:/+-]{1,100}$/.test(name) ? name : shown(name);

/**
 * A sentence as comment lines, indented from the second on. No line but the first begins with what
 * policy lint takes for an allowance: a name of somebody else's could say so.
 */
export function comment(text: string, indent = ""): string[] {
  const lines: string[] = [];
  for (const word of text.replace(UNSEEN, escaped).split(" ")) {
    const last = lines.at(-1);
    const fits = (line: string) => line.length + 1 + word.length <= COLUMNS - indent.length;
    if (last !== undefined && (fits(last) || word.startsWith("lint-ok")))
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${lines.length === 0 ? "# " : "#   "}${word}`);
  }
  return lines.map((line) => indent + line);
}
