import { StsError } from "../errors.ts";
import type { Claims } from "./claim.ts";
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
  // Refresh tokens are active too. Only what is presented to resources has a type (RFC 6749 §5.1).
  if (typeof token_type !== "string" || !/^(?:bearer|dpop)$/i.test(token_type))
    throw wrongKind(issuer, "the issuer names no token_type of access tokens for it");
  if (/^dpop$/i.test(token_type) && rest["cnf"] === undefined) {
    const reason = "the issuer says that it is bound to a key, and not to which";
    throw new StsError("token_binding_invalid", { issuer: issuer.name, reason });
  }
  return rest;
}
