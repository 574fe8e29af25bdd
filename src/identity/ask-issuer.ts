import {
  allowInsecureRequests,
  type ClientAuth,
  Configuration,
  customFetch,
  discovery,
  tokenIntrospection,
} from "openid-client";
import { type IntrospectionConfig, type IssuerConfig, isLoopback } from "../config/index.ts";
import type { Claims } from "./claim.ts";
import { clientAuthOf } from "./client-secret.ts";
import { answered } from "./discovery.ts";
import { FETCH_TIMEOUT_S, type Fetch, inTime, limited } from "./fetch.ts";
import { fetchOf } from "./trusting.ts";

type Place = Pick<IssuerConfig, "url" | "insecure_http" | "jwks">;

/** After this the endpoint and the secret are looked up anew; after a failure, too. */
const KEEP_S = 600;
/** Many answers are kept in memory, so they are no larger than tokens are. */
const ANSWER_LIMIT_BYTES = 16_384;

/**
 * Asks the introspection endpoint of an issuer (RFC 7662 §2.1), which is named by the configuration
 * or else by discovery.
 */
export function askIssuer(
  place: Place,
  introspection: IntrospectionConfig,
  fetch: Fetch,
  now_s: () => number,
): (token: string) => Promise<Claims> {
  const trusting = fetchOf(place, fetch);
  let ready: { readonly client: Promise<Configuration>; readonly at_s: number } | undefined;
  return async (token) => {
    if (!ready || Math.abs(now_s() - ready.at_s) > KEEP_S)
      ready = { client: clientOf(place, introspection, trusting), at_s: now_s() };
    const mine = ready;
    try {
      const hint = { token_type_hint: "access_token" };
      const asked = mine.client.then((client) => tokenIntrospection(client, token, hint));
      return { ...(await inTime(asked)) };
    } catch (error) {
      // The secret may have been changed, or the endpoint moved.
      if (ready === mine) ready = undefined;
      throw error;
    }
  };
}

async function clientOf(
  place: Place,
  introspection: IntrospectionConfig,
  fetch: Fetch,
): Promise<Configuration> {
  const auth = await clientAuthOf(introspection);
  const client = await clientAt(place, introspection, auth, answered(limited(fetch)));
  const get = answered(limited(fetch, ANSWER_LIMIT_BYTES));
  client.timeout = FETCH_TIMEOUT_S;
  client[customFetch] = (target, options) => get(target, options as RequestInit); // a narrower type
  if (place.insecure_http) allowInsecureRequests(client);
  const { issuer, introspection_endpoint: endpoint } = client.serverMetadata();
  if (issuer !== place.url) throw new Error("discovery names another issuer");
  if (typeof endpoint !== "string" || !URL.canParse(endpoint))
    throw new Error("discovery names no introspection_endpoint");
  const { protocol, hostname } = new URL(endpoint);
  const safe = protocol === "https:" || (place.insecure_http && isLoopback(hostname));
  if (!safe) throw new Error("introspection_endpoint is not https");
  return client;
}

async function clientAt(
  { url, insecure_http }: Place,
  { client_id, url: endpoint }: IntrospectionConfig,
  auth: ClientAuth,
  get: Fetch,
): Promise<Configuration> {
  if (endpoint !== undefined) {
    const server = { issuer: url, introspection_endpoint: endpoint };
    return new Configuration(server, client_id, undefined, auth);
  }
  return discovery(new URL(url), client_id, undefined, auth, {
    timeout: FETCH_TIMEOUT_S,
    [customFetch]: (target, options) => get(target, options as RequestInit), // a narrower type
    ...(insecure_http && { execute: [allowInsecureRequests] }),
  });
}
