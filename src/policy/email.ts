import { type ClaimPath, lookup } from "./claims.ts";

const EMAIL = "email";
/** RFC 5321 §4.1.2 without quoted local parts and address literals: one `@`, and no blanks. */
const ADDRESS =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+)$/;
const ADDRESS_LIMIT_CHARS = 254;

/** Whether this is the one claim that holds an address of which the issuer knows whose it is. */
export const isEmail = ({ steps }: ClaimPath) => steps.length === 1 && steps[0] === EMAIL;

/**
 * What the issuer says of the address (OpenID Connect Core §5.1): whoever may write one into an account
 * is whoever they like, until it is the boolean true.
 */
export const emailVerified = (claims: unknown) =>
  lookup(claims, { name: "email_verified", steps: ["email_verified"] });

/** Whether a claim may be gone by: an address that nobody has verified may not, whatever is asked of it. */
export const isVouched = (path: ClaimPath, claims: unknown) =>
  !isEmail(path) || emailVerified(claims) === true;

/** Whether a text is an address at one of these domains, which have no case (RFC 1035 §2.3.3). */
export function emailTest(domains: readonly string[]): (email: unknown) => boolean {
  const wanted = new Set(domains);
  return (email) => {
    if (typeof email !== "string") return false;
    if (email.length > ADDRESS_LIMIT_CHARS) return false;
    const domain = ADDRESS.exec(email)?.[1];
    return domain !== undefined && wanted.has(domain.toLowerCase());
  };
}
