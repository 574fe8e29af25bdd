import type { RuleFile } from "../schema.ts";
import type { WrittenCriterion } from "../written.ts";

/**
 * Whether every identity that fits `narrow` fits `wide` too, as far as their criteria show it. Says no
 * where it cannot tell.
 */
export function implies(narrow: RuleFile, wide: RuleFile): boolean {
  if (narrow.issuer !== wide.issuer) return false;
  if (wide.kind !== undefined && wide.kind !== narrow.kind) return false;
  if (!among(narrow.client, wide.client) || !among(narrow.subject, wide.subject)) return false;
  const scopes = narrow.scopes ?? [];
  if (!(wide.scopes ?? []).every((scope) => scopes.includes(scope))) return false;
  if (wide.any_scope && !scopes.some((scope) => wide.any_scope?.includes(scope))) {
    if (!among(narrow.any_scope, wide.any_scope)) return false;
  }
  return Object.entries(wide.claims ?? {}).every(([claim, wanted]) => {
    const own = narrow.claims?.[claim];
    return own !== undefined && criterionImplies(own, wanted);
  });
}

type Values = string | readonly unknown[] | undefined;

/** Whether each of `narrow` is one of `wide`; absent is anything. */
function among(narrow: Values, wide: Values): boolean {
  if (wide === undefined) return true;
  if (narrow === undefined) return false;
  return [narrow].flat().every((value) => [wide].flat().includes(value));
}

function criterionImplies(narrow: WrittenCriterion, wide: WrittenCriterion): boolean {
  if (JSON.stringify(narrow) === JSON.stringify(wide)) return true;
  const [values, wanted] = [valuesOf(narrow), valuesOf(wide)];
  if (isKind(wide, "exists")) return true; // every other criterion needs the claim, too
  if (values && wanted) return values.every((value) => wanted.includes(value));
  if (isKind(narrow, "has") && isKind(wide, "has"))
    return listIn(narrow).every((value) => listIn(wide).includes(value));
  if (!isKind(wide, "not")) return false;
  const unwanted = listIn(wide);
  if (isKind(narrow, "not")) return unwanted.every((value) => listIn(narrow).includes(value));
  return values?.every((v) => typeof v === typeof unwanted[0] && !unwanted.includes(v)) ?? false;
}

/** The values of a criterion that lists them; undefined where it is a condition. */
export function valuesOf(criterion: WrittenCriterion): readonly unknown[] | undefined {
  if (typeof criterion !== "object") return [criterion];
  return Array.isArray(criterion) ? criterion : undefined;
}

/** Whether a criterion is a condition of this kind. */
export function isKind(criterion: WrittenCriterion, kind: string): boolean {
  return typeof criterion === "object" && !Array.isArray(criterion) && kind in criterion;
}

/** What a condition lists. */
export const listIn = (criterion: WrittenCriterion): readonly unknown[] =>
  typeof criterion === "object" ? Object.values(criterion).flat() : [];
