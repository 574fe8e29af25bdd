import { LINT_RULES } from "./lint.ts";
import type { LintRule } from "./rule.ts";

/** The page of all rules of lint, docs/policy-lint.md, made from their table. */
export function lintPage(): string {
  return [
    "<!-- Made from src/policy/lint: change it there. -->",
    "",
    "# What `nats-sts policy lint` looks for",
    "",
    "A policy that is read without a fault can still give more than its author meant. Lint looks for what is mostly a mistake, says where it stands, why, and the way out, and exits with 1 when it finds something. Where a finding is meant, a comment on its line or by itself on the line above allows it, with a reason:",
    "",
    "```yaml",
    "# lint-ok: rule-unpinned the news are for everybody in the company",
    "```",
    "",
    "| | |",
    "| --- | --- |",
    ...LINT_RULES.map(({ id, summary }) => `| [\`${id}\`](#${id}) | ${summary} |`),
    "",
    ...LINT_RULES.flatMap(sectionOf),
  ].join("\n");
}

const sectionOf = ({ id, summary, avoid, prefer, rationale }: LintRule): string[] => [
  `## ${id}`,
  "",
  `${summary}.`,
  "",
  "**Avoid**",
  "",
  "```yaml",
  avoid,
  "```",
  "",
  "**Prefer**",
  "",
  "```yaml",
  prefer,
  "```",
  "",
  `**Rationale.** ${rationale}`,
  "",
];
