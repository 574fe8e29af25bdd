import { type Fault, type Path, suggestion } from "../config/index.ts";
import type { Parsed } from "./compile.ts";
import { isList, listOf } from "./criterion.ts";
import { type Fence, fenceOf } from "./fence.ts";
import type { PolicyContext } from "./policy.ts";
import type { IncludeFile, PolicyFile } from "./schema.ts";
import { parseTemplate } from "./slot.ts";

/** Takes a fault at a path below the thing that is being compiled. */
export type Report = (path: Path, message: string) => void;

/** Makes the report of what stands at a path of the file. */
export type At = (...above: Path) => Report;

/** One file of the policy: what it says, what it may refer to, and where its faults go. */
export interface FileScope {
  readonly path: string;
  readonly file: PolicyFile;
  readonly at: At;
  /** Whether something here or below does not fit the schema, and was left out. */
  unfit(path: Path): boolean;
  /** With only those accounts and issuers that the root file gives it. */
  readonly context: PolicyContext;
  /** Sets of subjects by name, and subjects of streams. They are of this file alone. */
  readonly sets: Lists;
  readonly streams: Lists;
  /** Absent for the root file, which may permit everything. */
  readonly fence?: Fence;
}

/** What intents need to know of their file. */
export type IntentScope = Pick<FileScope, "streams" | "fence">;

export type Lists = ReadonlyMap<string, readonly string[]>;

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Looks at everything in a file that stands by itself. */
export function scopeOf(
  { document, path, unfit }: Parsed,
  context: PolicyContext,
  say: (fault: Fault) => void,
  include?: IncludeFile,
): FileScope {
  const file = document.value;
  const at: At =
    (...above) =>
    (below, message) => {
      const place = [...above, ...below];
      if (!unfit(place)) say(document.fault(place, message));
    };
  const lists = (key: "subject_sets" | "streams") => listsOf(file[key] ?? {}, at(key));
  const own = { path, file, at, unfit, sets: lists("subject_sets"), streams: lists("streams") };
  if (!include) return { ...own, context };
  for (const key of ["include", "admin_roles"] as const) {
    if (file[key]) at()([key], "stands in the root file only");
  }
  for (const [index, rule] of file.rules.entries()) {
    if (rule.admin) at("rules", index)(["admin"], "is given in the root file only");
  }
  const both = (mine: readonly string[], all: readonly string[]) =>
    mine.filter((name) => all.includes(name));
  return {
    ...own,
    context: {
      ...context,
      accounts: both(include.accounts, context.accounts),
      issuers: both(include.issuers, context.issuers),
    },
    fence: fenceOf(include),
  };
}

/** Each list with a name, its subjects checked where they are written rather than where they are used. */
function listsOf(lists: NamedSubjects, report: Report): Lists {
  for (const [name, subjects] of Object.entries(lists)) {
    if (!NAME.test(name)) report([name], "is no name: letters, digits, - and _, at most 64");
    for (const [index, text] of listOf(subjects).entries()) {
      const template = parseTemplate(text, "publish");
      const path = isList(subjects) ? [name, index] : [name];
      if ("fault" in template) report(path, `${quote(text)} ${template.fault}`);
    }
  }
  return new Map(Object.entries(listed(lists)));
}

type NamedSubjects = Readonly<Record<string, string | readonly string[]>>;

/** The same with a list for each name, also where one subject is written by itself. */
export const listed = (lists: NamedSubjects): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(Object.entries(lists).map(([name, subjects]) => [name, listOf(subjects)]));

/** Says that a name is not known here, and which was probably meant. */
export const unknown = (what: string, name: string, known: readonly string[]) =>
  `unknown ${what} ${quote(name)}${suggestion(name, known)}`;

/** As JSON: a person sees where it ends, and a control character cannot act on a terminal. */
export const quote = (text: string) =>
  JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
