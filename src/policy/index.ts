/**
 * What they may do. Reads a policy strictly, compiles it once and decides from it what an identity
 * gets: denied by default, and whatever a credential permits, a single role permits under conditions
 * no weaker.
 *
 * Promises: `decide` is pure and total; a policy is refused as a whole, with every fault and its
 * position; no claim widens a subject; no trace or detail holds the value of a claim. May touch:
 * nothing. The caller brings the bytes of the files and the time.
 */
export { type Coverage, coverage } from "./cases/coverage.ts";
export { identityFor, type Subjected } from "./cases/identity.ts";
export { type Case, type Cases, issuerNamed, loadCases, type Place } from "./cases/load.ts";
export { type CaseResult, runCase } from "./cases/run.ts";
export { CasesFile } from "./cases/schema.ts";
export { decide } from "./decide.ts";
export type { Decision, Grant, Narrowing } from "./decision.ts";
export { detailsOf } from "./details.ts";
export { type AdminGain, adminGains } from "./diff/administration.ts";
export { diffIdentity, type IdentityDiff } from "./diff/case.ts";
export { type Change, type Changes, changes, widens } from "./diff/compare.ts";
export { compareDecisions } from "./diff/decisions.ts";
export {
  diffJournaled,
  diffJournaledInSteps,
  type Journaled,
  type JournaledDiff,
} from "./diff/journaled.ts";
export { narrowed } from "./diff/narrowed.ts";
export { type TextDiff, textDiff } from "./diff/rules.ts";
export { adminOf, rolesOf, traceOf } from "./evaluate.ts";
export { explain, type RuleExplained } from "./explain/explain.ts";
export { fieldsPage } from "./fields-page.ts";
export { isEverything } from "./import/group.ts";
export { type Imported, importUsers } from "./import/import.ts";
export type { OldAccount, OldJwt, OldWorld } from "./import/old.ts";
export { LINT_RULES, lint } from "./lint/lint.ts";
export type { Measure } from "./lint/linted.ts";
export { lintPage } from "./lint/page.ts";
export { includesOf, loadPolicy, type PolicySource } from "./load.ts";
export type { AdminRole, Policy, PolicyContext } from "./policy.ts";
export { PolicyFile } from "./schema.ts";
export {
  covers,
  type Direction,
  matches,
  overlaps,
  parseSubject,
  reserved,
  type Subject,
} from "./subject.ts";
export { type OpenPolicy, openPolicy } from "./written.ts";
