import { Lexer } from "yaml";
import type { PolicySource } from "../load.ts";

/** A comment that allows a finding: `# lint-ok: <id> <why>`. */
export interface Allowance {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  readonly id: string;
  readonly why: string;
  /** The lines for which it stands: its own, or the next one that is no such comment. */
  readonly covers: number;
}

const LINT_OK = /^#\s*lint-ok(?::\s*(\S*)\s*(.*))?$/;

/** The allowances in the files of a policy. */
export function allowancesIn(sources: readonly PolicySource[]): Allowance[] {
  return sources.flatMap(({ path: file, bytes }) => {
    const comments = commentsIn(new TextDecoder().decode(bytes));
    return [...comments].flatMap(([line, { col, text, alone }]) => {
      const [whole, id = "", why = ""] = LINT_OK.exec(text) ?? [];
      if (whole === undefined) return [];
      return [{ file, line, col, id, why: why.trim(), covers: coveredBy(comments, line, alone) }];
    });
  });
}

interface Comment {
  readonly col: number;
  readonly text: string;
  /** Nothing else stands on its line. */
  readonly alone: boolean;
}

/** The comments of a YAML text by their lines, as its lexer finds them: a # in quotes is none. */
function commentsIn(text: string): ReadonlyMap<number, Comment> {
  const comments = new Map<number, Comment>();
  let offset = 0;
  let line = 1;
  for (const token of new Lexer().lex(text)) {
    // Marks of the lexer's own, which are not in the text.
    if (!text.startsWith(token, offset)) continue;
    if (token.startsWith("#")) {
      const start = text.lastIndexOf("\n", offset - 1) + 1;
      const alone = text.slice(start, offset).trim() === "";
      comments.set(line, { col: offset - start + 1, text: token.trimEnd(), alone });
    }
    line += token.split("\n").length - 1;
    offset += token.length;
  }
  return comments;
}

/** A comment beside something stands for its line; one by itself for the line below such comments. */
function coveredBy(comments: ReadonlyMap<number, Comment>, line: number, alone: boolean): number {
  if (!alone) return line;
  let below = line + 1;
  for (let next = comments.get(below); next?.alone; next = comments.get(below)) {
    if (!LINT_OK.test(next.text)) break;
    below += 1;
  }
  return below;
}
