import { type AdminGain, type Change, type Changes, changes, widens } from "../../policy/index.ts";
import { count, visible } from "../show.ts";
import type { CaseDiff, DiffAnswer } from "./diff.ts";
import type { TriedDifference } from "./tried.ts";

/** Whose rights change in the same way, and how: what is told together. */
interface Group {
  readonly who: readonly string[];
  readonly outcome?: string;
  readonly lines: readonly Line[];
  /** What widens comes first. */
  readonly weight: number;
}

/** Names of a group beyond this many are counted. */
const NAMES_LISTED = 3;

/** One line of a change: its mark, what it is, and whether it is more than before. */
interface Line {
  readonly mark: string;
  readonly said: string;
  readonly wider: boolean;
}

/** The answer of `policy diff` for a terminal. */
export function text(answer: DiffAnswer): string {
  const groups = groupsOf(answer);
  const blocks = groups.map((group) => {
    const { lines } = group;
    const width = Math.max(...lines.map(({ said }) => said.length));
    return [
      titleOf(group),
      ...lines.map(({ mark, said, wider }) =>
        `  ${mark} ${said.padEnd(width)}${wider ? "  WIDER" : ""}`.trimEnd(),
      ),
    ].join("\n");
  });
  return [...blocks, [summary(answer), ...notes(answer)].join("\n")].join("\n\n");
}

/** The same as a comment on a pull request. */
export function markdown(answer: DiffAnswer): string {
  const groups = groupsOf(answer);
  const blocks = groups.map((group) =>
    [
      `#### ${code(titleOf(group))}`,
      "",
      "| | |",
      "| --- | --- |",
      ...group.lines.map(
        ({ mark, said, wider }) => `| ${wider ? "**wider**" : MARKS[mark]} | ${code(said)} |`,
      ),
    ].join("\n"),
  );
  const head = `### ${answer.widens ? "This policy gives more than the one before" : "Nobody gets more from this policy than from the one before"}`;
  return [head, summary(answer), ...blocks, ...notes(answer).map((n) => `- ${code(n)}`)]
    .join("\n\n")
    .replaceAll("\n\n- ", "\n- ");
}

const MARKS: Readonly<Record<string, string>> = {
  "+": "gained",
  "-": "lost",
  "~": "changed",
  "?": "unsure",
};

/** Text of others as code, in which nothing is markup and nobody is notified; `|` would end a cell. */
function code(said: string): string {
  const longest = Math.max(0, ...[...said.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const blank = longest > 0 ? " " : "";
  return `${fence}${blank}${said.replaceAll("|", "\\|")}${blank}${fence}`;
}

function groupsOf({ administration, cases, journal, tried }: DiffAnswer): Group[] {
  return [
    ...grouped(administration.map(groupOfAdmin)),
    ...grouped(cases.filter(moved).map(groupOfCase)),
    ...grouped(
      journal
        .filter(({ sure, unsure }) => changes(sure) || changes(unsure))
        .map(({ issuer, kind, subject, sure, unsure }) => ({
          who: [`${issuer} ${kind} ${subject}`],
          lines: [...linesOf(sure, false), ...linesOf(unsure, true)],
          weight: (widens(sure) ? 2 : 0) + (widens(unsure) ? 1 : 0),
        })),
    ),
    ...grouped(tried.differences.map(groupOfTried)),
  ];
}

const groupOfCase = (each: CaseDiff): Group => ({
  who: [`case "${each.name}"`],
  ...(each.before !== each.after && { outcome: `${each.before} -> ${each.after}` }),
  lines: linesOf(each, false),
  weight: widens(each) ? 2 : 0,
});

const groupOfAdmin = ({ rule, account, can }: AdminGain): Group => ({
  who: [`rule ${rule}`],
  lines: [{ mark: "+", said: `administer ${can} in ${account}`, wider: true }],
  weight: 2,
});

function groupOfTried(difference: TriedDifference): Group {
  const { issuer, kind, subject, result, code, more, less } = difference;
  const line = (mark: string, wider: boolean) => (said: string) => ({
    ...{ mark, wider },
    said: visible(said),
  });
  return {
    who: [`${issuer} ${kind} ${subject}`],
    outcome: `tried ${result}${code === undefined ? "" : `, refused as ${code}`}`,
    lines: [...more.map(line("+", true)), ...less.map(line("-", false))],
    weight: more.length > 0 ? 2 : 0,
  };
}

function grouped(all: readonly Group[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { who, ...rest } of all) {
    const key = JSON.stringify(rest);
    groups.set(key, { ...rest, who: [...(groups.get(key)?.who ?? []), ...who] });
  }
  return [...groups.values()].sort((a, b) => b.weight - a.weight);
}

function titleOf({ who, outcome }: Group): string {
  const names = who.slice(0, NAMES_LISTED).map(visible).join(", ");
  const more = who.length - NAMES_LISTED;
  const rest = more > 0 ? `, and ${more} more` : "";
  return `${names}${rest}${outcome === undefined ? "" : `: ${visible(outcome)}`}`;
}

function linesOf(all: Changes, possibly: boolean): Line[] {
  const line = (mark: string, wider: boolean) => (change: Change) => ({
    mark: possibly ? "?" : mark,
    said: `${possibly ? `possibly ${MARKS[mark]}: ` : ""}${sayChange(change)}`,
    wider,
  });
  return [
    ...all.gained.map(line("+", true)),
    ...all.loosened.map(line("~", true)),
    ...all.lost.map(line("-", false)),
    ...all.tightened.map(line("~", false)),
  ];
}

const sayChange = ({ account, verb, subject, conditions }: Change) =>
  `${verb} ${visible(subject)} in ${account}${conditions.length > 0 ? ` (${conditions.join("; ")})` : ""}`;

function summary(answer: DiffAnswer) {
  const { cases, journal, tried, widens: wider } = answer;
  const { added, removed, changed } = answer.text;
  const differed = tried.differences.reduce((sum, { decisions }) => sum + decisions, 0);
  const parts = [
    ...(cases.length > 0
      ? [`${sayChanged(cases.filter(moved).length, cases.length, "case")}`]
      : []),
    ...(journal.length > 0
      ? [
          sayChanged(
            journal.filter(({ sure, unsure }) => changes(sure) || changes(unsure)).length,
            journal.length,
            "journaled identity",
          ),
        ]
      : []),
    ...(tried.decisions > 0
      ? [`tried on ${count(tried.decisions, "decision")}: ${differed} differed`]
      : []),
    `${added.length} added, ${removed.length} removed, ${changed.length} changed of rules and roles`,
  ];
  return `${wider ? "WIDER" : "not wider"}: ${parts.join("; ")}`;
}

const moved = (each: CaseDiff) => changes(each) || each.before !== each.after;

const sayChanged = (some: number, all: number, what: string) =>
  `${some} of ${count(all, what).replace("identitys", "identities")} changed`;

/** What the answer does not cover. */
function notes({ unreached, journal, journal_faults }: DiffAnswer): string[] {
  const untraced = journal.filter(({ traced }) => !traced).length;
  return [
    ...unreached.map((part) => `no case reaches the new or changed ${part}: nothing is said of it`),
    ...(journal.length > 0
      ? ["a journal keeps no claims: what depends on them is marked as possibly so"]
      : []),
    ...(untraced > 0
      ? [
          `${untraced} of the journaled identities were last decided by another policy than the old one: of them issuer, kind and subject alone tell`,
        ]
      : []),
    ...journal_faults.map((fault) => `journal: ${visible(fault)}`),
  ];
}
