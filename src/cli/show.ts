/** Control, format, surrogate and separator characters: what acts on a terminal, or hides. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A text of somebody else's for one line of a terminal: what cannot be seen is written out. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (char) => [...escapedUnits(char)].join(""));
}

/** JSON for a program, which is the same after its unseen characters have been escaped. */
export function asJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(UNSEEN, (char) =>
    char === "\n" ? char : [...escapedUnits(char)].join(""),
  );
}

function* escapedUnits(char: string): Generator<string> {
  for (let i = 0; i < char.length; i++)
    yield `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`;
}

/** Rows in columns, two blanks apart; the last column is not padded. */
export function table(rows: readonly (readonly string[])[], indent = ""): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows.map((row) =>
    (
      indent +
      row.map((cell, i) => (i < row.length - 1 ? cell.padEnd(widths[i] ?? 0) : cell)).join("  ")
    ).trimEnd(),
  );
}

/** A length of time as policies write it, in the largest unit that fits. */
export function sayDuration(duration_s: number): string {
  for (const [unit, size] of [
    ["d", 86_400],
    ["h", 3600],
    ["m", 60],
  ] as const)
    if (duration_s >= size && duration_s % size === 0) return `${duration_s / size}${unit}`;
  return `${duration_s}s`;
}

/** A number of things. */
export const count = (number: number, what: string) =>
  `${number} ${what}${number === 1 ? "" : "s"}`;

/** A text as one word of a POSIX shell, whatever is in it. */
export const inShell = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** The same for those who read it, too: without quotes where a shell takes it as it is. */
export const shellWord = (text: string) =>
  /^[\w./:@%+=,][\w./:@%+=,-]*$/.test(text) ? text : inShell(text);

/** A file as a person in this folder calls it. */
export function near(file: string, cwd: string): string {
  return file.startsWith(`${cwd}/`) ? file.slice(cwd.length + 1) : file;
}
