import {
  type Case,
  type CaseResult,
  identityFor,
  issuerNamed,
  loadCases,
  openPolicy,
  runCase,
} from "../../../src/policy/index.ts";

/** Issuers of the tests: corp is generic, github is github. */
export const ISSUERS = [issuerNamed("corp"), issuerNamed("github")];

/** A policy from the text of its rules. */
export const opened = (text: string) =>
  openPolicy([{ path: "policy.yaml", bytes: Buffer.from(`version: 1\n${text}\n`) }]);

/** The cases in a text, each a line of YAML without its name. */
export const casesOf = (...lines: string[]): readonly Case[] =>
  loadCases(
    Buffer.from(
      `cases:\n${lines.map((line, i) => `  - { name: case ${i}, ${line} }`).join("\n")}\n`,
    ),
    "cases.yaml",
  ).cases;

/** Runs the one case of a line. */
export function run(policy: string, line: string): CaseResult {
  const [only] = casesOf(line);
  if (!only || typeof only.claims === "string") throw new Error("a case with claims");
  return runCase(opened(policy).policy, only, identityFor(only.claims, only.issuer, ISSUERS));
}
