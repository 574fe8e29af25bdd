import type { Fault } from "../../config/index.ts";
import type { Linted } from "./linted.ts";

/** Something that lint looks for: a row is the check, its page and its test. */
export interface LintRule {
  /** Stable: it stands in comments that allow it. */
  readonly id: string;
  /** What is wrong, in a sentence without a full stop. */
  readonly summary: string;
  /** The least policy in which it is found, without its version. */
  readonly avoid: string;
  /** The same, done better. */
  readonly prefer: string;
  /** Why it matters, and when it does not. */
  readonly rationale: string;
  check(policy: Linted): readonly Fault[];
}

/** As JSON, so that a person sees where it ends. */
export const quote = (text: string) => JSON.stringify(text);
