import type { JSONWebKeySet } from "jose";
import { allowInsecureRequests, customFetch, discovery, None } from "openid-client";
import { type IssuerConfig, isLoopback } from "../config/index.ts";
import { FETCH_LIMIT_BYTES, FETCH_TIMEOUT_S, type Fetch, limited, timeLimit } from "./fetch.ts";
import { type KeyRules, usableKeys } from "./jwk.ts";
import { KeysWithdrawn } from "./jwks.ts";
import { readTrusted } from "./trusted-file.ts";
import { fetchOf } from "./trusting.ts";

/** Where the keys of an issuer are and how they may be reached. */
export type Place = Pick<IssuerConfig, "url" | "insecure_http" | "jwks">;

/** RFC 9110 §15.5.11: gone, and on purpose. 404 is an outage: proxies say it while what is behind them restarts. */
const GONE = 410;

/** A fetch that takes no answer but 200, and says of every other which it was and whose. */
export const answered =
  (fetch: Fetch): Fetch =>
  async (url, options) => {
    const response = await fetch(url, options);
    if (response.status === 200) return response;
    const reason = `${url} answers ${response.status}`;
    throw response.status === GONE ? new KeysWithdrawn(reason) : new Error(reason);
  };

/**
 * The public keys that an issuer signs with now: from the place that the operator named, or else by
 * discovery (OpenID Connect Discovery 1.0 §4).
 *
 * @param around looks at what goes over the network
 * @throws Error with the reason, whatever went wrong; {@link KeysWithdrawn} where the provider says so
 */
export async function fetchKeys(
  place: Place,
  rules: KeyRules,
  fetch: Fetch,
  around: (fetch: Fetch) => Fetch = (fetch) => fetch,
): Promise<JSONWebKeySet> {
  const { file } = place.jwks ?? {};
  if (file !== undefined) return { keys: await usableKeys(await readKeys(file), rules) };
  const end = timeLimit(); // of all that it takes: a caller may be waiting for it
  const get = answered(limited(around(fetchOf(place, fetch)), FETCH_LIMIT_BYTES, () => end));
  return { keys: await usableKeys(await remoteKeys(place, get), rules) };
}

async function remoteKeys(place: Place, get: Fetch): Promise<unknown> {
  const { url = await discover(place, get), bearer_token_file } = place.jwks ?? {};
  const token = bearer_token_file && (await readText(bearer_token_file)).trim();
  const response = await get(url, {
    headers: { accept: "application/json", ...(token && { authorization: `Bearer ${token}` }) },
  });
  return response.json().catch(() => {
    throw new Error("the key set is not JSON"); // The parser's own message quotes it.
  });
}

async function discover({ url, insecure_http }: Place, get: Fetch): Promise<string> {
  const configuration = await discovery(new URL(url), "nats-sts", undefined, None(), {
    timeout: FETCH_TIMEOUT_S,
    [customFetch]: (target, options) => get(target, options as RequestInit), // a narrower type
    ...(insecure_http && { execute: [allowInsecureRequests] }),
  }).catch((error) => {
    throw isOfAnother(error) ? new KeysWithdrawn(ANOTHER, { cause: error }) : error;
  });
  const { issuer, jwks_uri } = configuration.serverMetadata();
  // openid-client compares parsed URLs, which forgives spellings that a token's iss must not have.
  if (issuer !== url) throw new KeysWithdrawn(ANOTHER);
  if (typeof jwks_uri !== "string" || !URL.canParse(jwks_uri))
    throw new Error("discovery names no jwks_uri");
  const { protocol, hostname } = new URL(jwks_uri);
  if (protocol !== "https:" && !(insecure_http && protocol === "http:" && isLoopback(hostname)))
    throw new Error("jwks_uri is not https");
  return jwks_uri;
}

const ANOTHER = "discovery names another issuer";

/** What openid-client says of an `issuer` that is a URL, and not the one that was asked for. */
const isOfAnother = (error: unknown): boolean =>
  error instanceof Error &&
  (("code" in error && error.code === "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED") ||
    isOfAnother(error.cause));

async function readKeys(file: string): Promise<unknown> {
  const text = await readText(file);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${file} is not JSON`);
  }
}

const readText = (file: string) => readTrusted(file, FETCH_LIMIT_BYTES);
