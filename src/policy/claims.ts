/** Where a claim stands in a token. */
export interface ClaimPath {
  /** As the policy writes it. */
  readonly name: string;
  readonly steps: readonly [string, ...string[]];
}

/**
 * Reads the name of a claim: a JSON Pointer (RFC 6901) if it starts with `/`, otherwise the name of
 * one claim at the top, dots and all. Undefined if it is empty or no pointer.
 */
export function claimPath(name: string): ClaimPath | undefined {
  if (!name.startsWith("/")) return name === "" ? undefined : { name, steps: [name] };
  if (/~(?![01])/.test(name)) return undefined;
  const [first = "", ...rest] = name.slice(1).split("/").map(unescaped);
  return { name, steps: [first, ...rest] };
}

/** RFC 6901 §4: `~1` first, so that `~01` becomes `~1`. */
const unescaped = (step: string) => step.replaceAll("~1", "/").replaceAll("~0", "~");

/** An index of an array, RFC 6901 §4: no leading zero, and no `length`, which arrays own too. */
const INDEX = /^(0|[1-9][0-9]{0,5})$/;

/**
 * The value of a claim, undefined where there is none. Own properties only, so that no token reaches
 * what every object inherits. A claim that the token leaves out (see {@link leftOut}) has no value.
 */
export function lookup(claims: unknown, { steps }: ClaimPath): unknown {
  if (leftOut(claims, steps[0])) return undefined;
  let at = claims;
  for (const step of steps) {
    if (Array.isArray(at) && !INDEX.test(step)) return undefined;
    at = own(at, step);
  }
  return at;
}

/**
 * Whether the token says that a claim is kept elsewhere: OpenID Connect Core §5.6.2 `_claim_names`,
 * and `hasgroups`, as Entra writes them once somebody is in too many groups. What stands in the token
 * all the same is not to be relied on.
 */
export function leftOut(claims: unknown, name: string): boolean {
  const elsewhere = own(claims, "_claim_names");
  if (elsewhere !== undefined && (name === "groups" || own(elsewhere, name) !== undefined))
    return true;
  return name === "groups" && own(claims, "hasgroups") !== undefined;
}

function own(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name]; // an own property of an object, checked above
}
