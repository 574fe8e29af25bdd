export type Claims = Readonly<Record<string, unknown>>;

/** One claim: a name at the top, dots and all, or a JSON Pointer (RFC 6901) if it starts with `/`. */
export type Claim = string;

export type ClaimType = "string" | "number" | "boolean" | "object" | "strings";

/** RFC 6901 §4: `~1` first, so that `~01` becomes `~1`. */
const stepsOf = (claim: Claim): string[] =>
  claim.startsWith("/")
    ? claim
        .slice(1)
        .split("/")
        .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    : [claim];

/** The value of a claim, undefined where there is none. Objects only, and only what they own. */
export function valueAt(claims: Claims, claim: Claim): unknown {
  let at: unknown = claims;
  for (const step of stepsOf(claim))
    at = isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined;
  return at;
}

/** The claims without one of them. What is left is shared with the original. */
export function without(claims: Claims, claim: Claim): Claims {
  if (valueAt(claims, claim) === undefined) return claims;
  return withoutAt(claims, stepsOf(claim));
}

function withoutAt(claims: Claims, [step = "", ...below]: readonly string[]): Claims {
  const { [step]: value, ...others } = claims;
  if (below.length === 0 || !isObject(value)) return others;
  return { ...others, [step]: withoutAt(value, below) };
}

/** Whether a value is of a type. An empty string is none: no provider means anything by it. */
export function isOfType(value: unknown, type: ClaimType): boolean {
  if (type === "object") return isObject(value);
  if (type === "strings") return isStrings(value);
  return typeof value === type && value !== "" && !Number.isNaN(value);
}

export function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Claims {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
