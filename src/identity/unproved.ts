import type { IssuerConfig } from "../config/index.ts";
import { type Claims, isObject } from "./claim.ts";
import { identityOf } from "./identify.ts";
import type { Identity } from "./identity.ts";
import { parseStrict } from "./json.ts";
import { PRESETS } from "./presets.ts";
import { objectIn } from "./shape.ts";

/** An issuer as it is known without its keys. */
export type ClaimsIssuer = Pick<IssuerConfig, "name" | "url" | "preset">;

/**
 * The identity that these claims would be if a token of this issuer carried them: for the tools with
 * which an operator looks at a policy. Nothing is proved by it, so no door may use it.
 *
 * @throws StsError `token_claims_invalid`, `token_type_not_allowed`
 */
export function identify(claims: Claims, { name, url, preset }: ClaimsIssuer): Identity {
  return identityOf(claims, { name, url, rules: PRESETS[preset] });
}

/** The issuer that these claims name: by `iss`, or by the trust domain in `sub` of an SVID. */
export function issuerOfClaims<T extends ClaimsIssuer>(
  { iss, sub }: Claims,
  issuers: readonly T[],
): T | undefined {
  return issuers.find(({ url, preset }) =>
    PRESETS[preset].issuer_claim === "iss"
      ? url === iss
      : typeof sub === "string" && sub.startsWith(`${url}/`),
  );
}

/**
 * Claims as an operator has them at hand: a JSON object, or a whole token, of which the signature is
 * not looked at.
 *
 * @throws Error that says what the text is not, without quoting it; StsError `token_malformed`
 */
export function claimsIn(text: string): Claims {
  const bare = text.trim();
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(bare) ?? [];
  if (payload !== undefined) return objectIn(Buffer.from(payload, "base64url"), "payload");
  const value = parseStrict(bare);
  if (!isObject(value)) throw new Error("is not a JSON object");
  return value;
}
