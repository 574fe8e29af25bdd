import { StsError } from "../errors.ts";
import { type Claims, isStrings, valueAt } from "./claim.ts";
import { clientIn } from "./identify.ts";
import type { Issuer } from "./issuer.ts";
import { invalid } from "./refuse.ts";

/** Who made the token: the exact `iss`, or for SVIDs the trust domain that `sub` lies in. */
export function checkIssuer(claims: Claims, issuer: Issuer): void {
  const { iss, sub } = claims;
  const { rules, url, name } = issuer;
  const ok =
    rules.issuer_claim === "iss"
      ? iss === url
      : typeof sub === "string" && sub.startsWith(`${url}/`);
  if (!ok)
    throw new StsError("issuer_untrusted", { issuer: name, reason: "iss is not the issuer's" });
}

/** Whom the token is for: RFC 7519 §4.1.3, compared as it stands. */
export function checkAudience(claims: Claims, issuer: Issuer): void {
  const { name, rules, audience, single_audience } = issuer;
  const claim = rules.audience.find((each) => valueAt(claims, each) !== undefined);
  if (!claim) throw invalid(issuer, rules.audience[0] ?? "aud", "is missing");
  const value = valueAt(claims, claim);
  const named = typeof value === "string" ? [value] : value;
  if (!isStrings(named)) throw invalid(issuer, claim, "is neither a string nor a list of strings");
  const mismatch = (reason: string) =>
    new StsError("token_audience_mismatch", { issuer: name, claim, reason });
  if (!named.some((each) => audience.includes(each))) throw mismatch("does not name this service");
  if (single_audience && !named.every((each) => audience.includes(each)))
    throw mismatch("names others too, who could replay the token here");
}

/** Which client asked for the token, where the operator trusts some only. */
export function checkClient(claims: Claims, issuer: Issuer): void {
  const client = clientIn(claims, issuer);
  if (client === undefined && (issuer.rules.client_required || issuer.clients))
    throw invalid(issuer, "client", "is missing");
  if (client !== undefined && issuer.clients && !issuer.clients.includes(client))
    throw invalid(issuer, "client", "is not one of the issuer's clients in the configuration");
}

/** What the operator wants of every token of this issuer. */
export function checkScopes(scopes: readonly string[], { name, required_scopes }: Issuer): void {
  const missing = required_scopes.filter((scope) => !scopes.includes(scope));
  if (missing.length > 0)
    throw new StsError("insufficient_scope", { issuer: name, missing, required_scopes });
}
