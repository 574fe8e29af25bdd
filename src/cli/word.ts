import { visible } from "./show.ts";

/** No text of somebody else's takes more of a line, in characters. */
const WORD_LIMIT = 120;

/** A text of somebody else's as one word: quoted where it would look like several, or like none. */
export function word(text: string): string {
  const shown = cut(text);
  return shown === "" || /[\s"]/.test(shown) ? quoted(text) : shown;
}

/** The same in quotes, whatever it looks like. */
export const quoted = (text: string) => `"${cut(text).replaceAll('"', '\\"')}"`;

/** No more of it than a line has place for, and nothing that acts on a terminal. */
export function cut(text: string): string {
  return text.length > WORD_LIMIT ? `${visible(text.slice(0, WORD_LIMIT))}…` : visible(text);
}
