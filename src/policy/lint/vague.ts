import { claimPath } from "../claims.ts";
import type { RuleFile } from "../schema.ts";
import type { WrittenCriterion } from "../written.ts";
import { isKind, listIn } from "./implies.ts";

/** What every subject of a provider begins with. */
const LABEL = /^(system:serviceaccount:|[a-z_]+:)/;

/** `/email` is `email`. */
export function plainName(claim: string): string {
  const steps = claimPath(claim)?.steps ?? [];
  return steps.length === 1 && steps[0] !== undefined ? steps[0] : claim;
}

/** What a rule asks of one claim, whether by its name or by a pointer to it. */
export const criterionOf = ({ claims = {} }: RuleFile, claim: string) =>
  Object.entries(claims).find(([name]) => plainName(name) === claim)?.[1];

/** Whether a criterion names what it wants of a claim, rather than what it does not, or hardly anything. */
export const isPositive = (claim: string, criterion: WrittenCriterion) =>
  !isKind(criterion, "exists") &&
  !isKind(criterion, "not") &&
  !(isKind(criterion, "like") && listIn(criterion).some((form) => isVague(claim, `${form}`)));

/** Whether a form says too little before its first star: whoever picks the beginning picks whom it fits. */
function isVague(claim: string, form: string): boolean {
  const [head = ""] = form.split("*");
  const own = plainName(claim) === "sub" ? head.replace(LABEL, "") : head;
  return own.replaceAll(/[^\p{L}\p{N}]/gu, "").length < 2;
}
