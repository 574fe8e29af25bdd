import { StsError } from "../errors.ts";
import { type Claim, type Claims, valueAt } from "./claim.ts";
import type { Issuer, Issuers } from "./issuer.ts";
import { wrongKind } from "./refuse.ts";

/** RFC 6750 §2.1 `b64token`. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * The issuer to ask about a token that names none: the one that the configuration has for these.
 * Whatever looks like a JWS goes to the issuer that it names, and is told to no other.
 *
 * @throws StsError `token_too_large`
 */
export function opaqueIssuer(
  token: string,
  issuers: Issuers,
  limit_bytes: number,
): Issuer | undefined {
  if (token.split(".", 4).length === 3) return undefined;
  if (token.length > limit_bytes)
    throw new StsError("token_too_large", { bytes: token.length, limit_bytes });
  if (!TOKEN.test(token)) return undefined;
  for (const issuer of issuers.values()) if (issuer.validation !== "jwt") return issuer;
  return undefined;
}

/**
 * The claims of a token that its issuer says is active (RFC 7662 §2.2). They are checked like those of
 * a JWT, `iss` and `aud` included, which RFC 7662 leaves to the issuer and we do not.
 *
 * @throws StsError as `Introspector.introspect`; `token_type_not_allowed` for a refresh token
 */
export async function introspected(token: string, issuer: Issuer): Promise<Claims> {
  if (!issuer.introspect) throw new StsError("internal", { issuer: issuer.name });
  const claims = await issuer.introspect(token);
  const { active: _, token_type, ...rest } = claims;
  // RFC 7662 §2.2: it may be absent. Refresh tokens are active too, but are for no audience of ours.
  const type = typeof token_type === "string" ? token_type.toLowerCase() : token_type;
  if (type !== undefined && type !== "bearer" && type !== "dpop")
    throw wrongKind(issuer, "the issuer names another token_type than those of access tokens");
  if (type === "dpop" && rest["cnf"] === undefined) {
    const reason = "the issuer says that it is bound to a key, and not to which";
    throw new StsError("token_binding_invalid", { issuer: issuer.name, reason });
  }
  return named(rest, issuer);
}

/** The answer with client and scopes where the tokens of this provider have them, too (RFC 7662 §2.2). */
function named(answer: Claims, { rules }: Issuer): Claims {
  const of = (claims: readonly Claim[], standard: Claim): Claims => {
    const [first] = claims;
    const is_there = claims.some((claim) => valueAt(answer, claim) !== undefined);
    const value = answer[standard];
    return first === undefined || is_there || value === undefined ? {} : { [first]: value };
  };
  return { ...answer, ...of(rules.client, "client_id"), ...of(rules.scopes, "scope") };
}
