import type { JSONWebKeySet, JWK } from "jose";
import { allowInsecureRequests, customFetch, discovery, None } from "openid-client";
import { FETCH_TIMEOUT_S, type Fetch } from "./fetch.ts";

/** More keys than any provider publishes. */
const KEYS_LIMIT = 100;
const RSA_MINIMUM_BITS = 2048;

/** Where an issuer is and how it may be reached. */
export interface Place {
  readonly url: string;
  readonly insecure_http: boolean;
}

/**
 * The public keys that an issuer signs with now: discovery (OpenID Connect Discovery 1.0 §4), then
 * the JWKS that it names.
 *
 * @throws Error with the reason, whatever went wrong
 */
export async function fetchKeys(
  { url, insecure_http }: Place,
  fetch: Fetch,
): Promise<JSONWebKeySet> {
  const configuration = await discovery(new URL(url), "nats-sts", undefined, None(), {
    timeout: FETCH_TIMEOUT_S,
    [customFetch]: (target, options) => fetch(target, options as RequestInit),
    ...(insecure_http && { execute: [allowInsecureRequests] }),
  });
  const { issuer, jwks_uri } = configuration.serverMetadata();
  // openid-client compares parsed URLs, which forgives spellings that a token's iss must not have.
  if (issuer !== url) throw new Error("discovery names another issuer");
  if (!jwks_uri) throw new Error("discovery names no jwks_uri");
  if (!jwks_uri.startsWith("https:") && !insecure_http) throw new Error("jwks_uri is not https");
  const response = await fetch(jwks_uri, { headers: { accept: "application/json" } });
  if (response.status !== 200) throw new Error(`jwks_uri answers ${response.status}`);
  return { keys: usable(await response.json()) };
}

/** The public signature keys of a key set; anything else in it is no key of ours. */
function usable(document: unknown): JWK[] {
  const keys = (document as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) throw new Error("jwks_uri holds no key set");
  if (keys.length > KEYS_LIMIT) throw new Error(`key set has more than ${KEYS_LIMIT} keys`);
  return keys.filter(isSignatureKey);
}

function isSignatureKey(key: unknown): key is JWK {
  if (typeof key !== "object" || key === null) return false;
  const { kty, use, n } = key as JWK;
  if (use !== undefined && use !== "sig") return false;
  if (kty !== "RSA") return kty === "EC" || kty === "OKP";
  return typeof n === "string" && Buffer.from(n, "base64url").length * 8 >= RSA_MINIMUM_BITS;
}
