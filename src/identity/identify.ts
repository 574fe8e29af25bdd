import { type Claim, type Claims, isStrings, valueAt, without } from "./claim.ts";
import { type Identity, identityDigest } from "./identity.ts";
import type { Reader } from "./issuer.ts";
import type { KindRow } from "./preset.ts";
import { invalid, wrongKind } from "./refuse.ts";

/** Longer subjects are no name of anybody. */
const SUBJECT_LIMIT_CHARACTERS = 512;
/** A UUID, and room for what others may use. A longer one is not told apart. */
const INSTANCE_LIMIT_CHARACTERS = 64;
/**
 * What one can see and compare: neither control, format or separator characters, nor lone surrogates, nor
 * what is shown as nothing (Unicode, Default_Ignorable_Code_Point), and no blank at either end.
 */
const PRINTABLE =
  /^(?!\p{Zs})[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]+(?<!\p{Zs})$/u;
/** RFC 6749 §3.3 `scope-token`. */
const SCOPE = /^[!#-[\]-~]+$/;

/** Who the proved claims say it is, as the preset reads them. */
export function identityOf(claims: Claims, issuer: Reader): Identity {
  const { rules } = issuer;
  const row = rules.kinds.find((each) => fits(each, claims));
  if (!row) throw wrongKind(issuer, "the token is of no kind of identity that the preset takes");
  const subject = subjectIn(claims, row, issuer);
  const client = clientIn(claims, issuer);
  const guarded = guardedIn(claims, issuer);
  const instance = instanceIn(claims, issuer);
  return {
    issuer: issuer.name,
    issuer_url: issuer.url,
    kind: row.kind,
    subject,
    ...(client !== undefined && { client }),
    scopes: scopesIn(claims, issuer),
    claims: rules.dropped.reduce(without, claims),
    ...(guarded.length > 0 && { guarded }),
    token_expires_at: Math.floor(Number(claims["exp"])), // checked to be a number
    token_kind: rules.token_kind,
    ...(instance !== undefined && { instance }),
    digest: identityDigest(issuer.url, row.kind, subject),
  };
}

function fits({ same, present = [], absent = [] }: KindRow, claims: Claims): boolean {
  if (present.some((claim) => valueAt(claims, claim) === undefined)) return false;
  if (absent.some((claim) => valueAt(claims, claim) !== undefined)) return false;
  if (!same) return true;
  const [one, other, suffix = ""] = same;
  const [value, base] = [valueAt(claims, one), valueAt(claims, other)];
  return typeof base === "string" && value === `${base}${suffix}`;
}

function subjectIn(claims: Claims, { subject: claim }: KindRow, issuer: Reader): string {
  const value = name(valueAt(claims, claim), claim, issuer);
  if (value === undefined) throw invalid(issuer, claim, "is missing");
  const { subject_form } = issuer.rules;
  if (subject_form && !subject_form.test(value))
    throw invalid(issuer, claim, "does not have the form of this provider's subjects");
  return value;
}

/** The OAuth client that asked for the token. */
export function clientIn(claims: Claims, issuer: Reader): string | undefined {
  const claim = issuer.rules.client.find((each) => valueAt(claims, each) !== undefined);
  return claim === undefined ? undefined : name(valueAt(claims, claim), claim, issuer);
}

function name(value: unknown, claim: Claim, issuer: Reader): string | undefined {
  if (value === undefined) return undefined;
  if (
    typeof value !== "string" ||
    value.length > SUBJECT_LIMIT_CHARACTERS ||
    !PRINTABLE.test(value)
  )
    throw invalid(issuer, claim, "is no printable string of 1 to 512 characters");
  return value;
}

/** Absent where the issuer does not say, such as for a token that no pod asked for. */
function instanceIn(claims: Claims, { rules }: Reader): string | undefined {
  const value = rules.instance && valueAt(claims, rules.instance);
  return typeof value === "string" && value.length <= INSTANCE_LIMIT_CHARACTERS ? value : undefined;
}

/** Whole words, each once. RFC 6749 §3.3 puts them between blanks; some providers make a list. */
export function scopesIn(claims: Claims, issuer: Reader): readonly string[] {
  const words = issuer.rules.scopes.flatMap((claim) => {
    const value = valueAt(claims, claim) ?? [];
    const list = typeof value === "string" ? value.split(" ").filter((word) => word !== "") : value;
    if (!isStrings(list) || !list.every((word) => SCOPE.test(word)))
      throw invalid(issuer, claim, "is not made of scopes (RFC 6749 section 3.3)");
    return list;
  });
  return [...new Set(words)];
}

/** The claims that a rule must name before it may match this token. */
function guardedIn(claims: Claims, { url, rules: { guarded, shared } }: Reader): readonly Claim[] {
  const unusual = Object.entries(guarded)
    .filter(([claim, harmless]) => !harmless.some((each) => each === valueAt(claims, claim)))
    .map(([claim]) => claim);
  return shared?.url === url ? [shared.claim, ...unusual] : unusual;
}
