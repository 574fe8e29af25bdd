import type { ClaimsIssuer } from "../../identity/index.ts";
import type { OpenPolicy } from "../written.ts";
import { type Allowance, allowancesIn } from "./allow.ts";
import { DENIES } from "./denies.ts";
import { INTENTS } from "./intents.ts";
import { JETSTREAM } from "./jetstream.ts";
import { LIMITS } from "./limits.ts";
import { lintedOf, type Measure } from "./linted.ts";
import { PINS } from "./pins.ts";
import { REACH } from "./reach.ts";
import type { LintRule } from "./rule.ts";
import { SHARING } from "./sharing.ts";
import { SLOTS } from "./slots.ts";
import { SUBJECTS } from "./subjects.ts";

/** Something that lint found, where it stands, why, and the way out. */
export interface Finding {
  readonly id: string;
  readonly file: string;
  readonly line: number;
  readonly col: number;
  readonly message: string;
}

/** What lint makes of a policy. */
export interface LintResult {
  readonly findings: readonly Finding[];
  /** What a comment allows, with its reason. */
  readonly allowed: readonly (Finding & { readonly why: string })[];
}

/** Comments that allow nothing. It is found by what the others found, so it has no check of its own. */
const LINT_OK: LintRule = {
  id: "lint-ok",
  summary: "A lint-ok that gives no reason, or allows nothing",
  avoid: `rules:
  # lint-ok: rule-unpinned
  - { name: everybody, issuer: corp, grant: { account: ORDERS, subscribe: [news.>] } }`,
  prefer: `rules:
  # lint-ok: rule-unpinned the news are for everybody in the company
  - { name: everybody, issuer: corp, grant: { account: ORDERS, subscribe: [news.>] } }`,
  rationale:
    "A comment `# lint-ok: <id> <why>` on the line of a finding, or by itself on the line above, allows it. The reason is for those who read the policy later. One that allows nothing any more would allow the next mistake.",
  check: () => [],
};

/** Every rule of lint. */
export const LINT_RULES: readonly LintRule[] = [
  ...PINS,
  ...SUBJECTS,
  ...JETSTREAM,
  ...INTENTS,
  ...DENIES,
  ...SHARING,
  ...SLOTS,
  ...REACH,
  ...LIMITS,
  LINT_OK,
];

/**
 * Looks for what is permitted by the grammar and mostly a mistake. Pure.
 *
 * @param issuers how the issuers of the policy are read
 */
export function lint(
  open: OpenPolicy,
  issuers: readonly ClaimsIssuer[],
  measure: Measure,
): LintResult {
  const policy = lintedOf(open, issuers, measure);
  const all = LINT_RULES.flatMap(({ id, check }) =>
    check(policy).map((fault): Finding => ({ id, ...fault })),
  );
  const comments = allowancesIn(open.sources);
  const allowing = new Map<string, Allowance[]>();
  for (const comment of comments) {
    const { id, file, covers, why } = comment;
    const key = placeOf({ id, file, line: covers });
    if (why !== "") allowing.set(key, [...(allowing.get(key) ?? []), comment]);
  }
  const used = new Set<Allowance>();
  const findings: Finding[] = [];
  const allowed: LintResult["allowed"][number][] = [];
  for (const finding of all) {
    const own = allowing.get(placeOf(finding)) ?? [];
    for (const comment of own) used.add(comment);
    if (own[0]) allowed.push({ ...finding, why: own[0].why });
    else findings.push(finding);
  }
  findings.push(...comments.filter((comment) => !used.has(comment)).map(useless));
  return { findings: inOrder(findings), allowed: inOrder(allowed) };
}

const placeOf = ({ id, file, line }: Pick<Finding, "id" | "file" | "line">) =>
  `${id} ${line} ${file}`;

function useless({ id, why, file, line, col }: Allowance): Finding {
  const known = LINT_RULES.some((rule) => rule.id === id);
  const message =
    id !== "" && !known
      ? `there is no rule ${JSON.stringify(id)}: write # lint-ok: <id> <why>`
      : why === ""
        ? "gives no reason: write # lint-ok: <id> <why>"
        : `allows nothing: ${id} is not found here; remove the comment`;
  return { id: LINT_OK.id, file, line, col, message };
}

const inOrder = <T extends Finding>(findings: readonly T[]): readonly T[] =>
  [...findings].sort(
    (a, b) => compare(a.file, b.file) || a.line - b.line || a.col - b.col || compare(a.id, b.id),
  );

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
