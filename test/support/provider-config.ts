import type { JWK } from "jose";
import type { Provider as RealProvider } from "oidc-provider";
import type { Alg } from "./provider-keys.ts";

/** A client that may ask for tokens by client_credentials. */
export interface ProviderClient {
  readonly id: string;
  /** `<id>-secret` unless told otherwise. */
  readonly secret?: string;
  /** In place of a secret: it authenticates by `private_key_jwt`. */
  readonly public_key?: JWK;
  /** More claims in its tokens. They cannot replace the standard ones; a forged token can. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Lifetime of its tokens, seconds. */
  readonly ttl_s?: number;
}

export interface ProviderOptions {
  /** Path of the issuer, such as `/realms/a`; none unless told otherwise. */
  readonly path?: string;
  /** A free one unless told otherwise. */
  readonly port?: number;
  /** RS256 unless told otherwise. */
  readonly alg?: Alg;
  /** `nats-sts` unless told otherwise; the audience of tokens that name none. */
  readonly audience?: string;
  /** What clients may ask for: `orders.read` and `orders.write` unless told otherwise. */
  readonly scopes?: readonly string[];
  /** `worker` is always there, and may be given otherwise here. */
  readonly clients?: readonly ProviderClient[];
  /** Lifetime of tokens, seconds; 300 unless told otherwise. */
  readonly ttl_s?: number;
  /** Opaque tokens are introspected by any of the clients. JWTs unless told otherwise. */
  readonly tokens?: "jwt" | "opaque";
}

export type ProviderSettings = Required<ProviderOptions>;

export function withDefaults(options: ProviderOptions): ProviderSettings {
  const { clients = [] } = options;
  return {
    path: "",
    port: 0,
    alg: "RS256",
    audience: "nats-sts",
    scopes: ["orders.read", "orders.write"],
    ttl_s: 300,
    tokens: "jwt",
    ...options,
    clients: clients.some(({ id }) => id === "worker") ? clients : [{ id: "worker" }, ...clients],
  };
}

export const secretOf = ({ id, secret = `${id}-secret` }: ProviderClient) => secret;

/** RFC 8707 wants an absolute URI; an audience that is none travels as `urn:audience:<name>`. */
export const resourceOf = (audience: string) =>
  URL.canParse(audience) ? audience : `${PLAIN}${encodeURIComponent(audience)}`;

const PLAIN = "urn:audience:";
const audienceOf = (resource: string) =>
  resource.startsWith(PLAIN) ? decodeURIComponent(resource.slice(PLAIN.length)) : resource;

/** Configuration of oidc-provider: JWT access tokens for whatever audience is asked for. */
export function configurationOf(
  { alg, scopes, clients, ttl_s, tokens }: ProviderSettings,
  keys: readonly JWK[],
  store: Map<string, unknown>,
): Readonly<Record<string, unknown>> {
  const clientOf = (id?: string) => clients.find((client) => client.id === id);
  const resourceServer = (_: unknown, resource: string) => ({
    scope: scopes.join(" "),
    audience: audienceOf(resource),
    accessTokenFormat: tokens,
    ...(tokens === "jwt" && { jwt: { sign: { alg } } }),
  });
  return {
    adapter: memoryAdapter(store),
    jwks: { keys },
    clients: clients.map((client) => ({
      client_id: client.id,
      ...(client.public_key
        ? {
            token_endpoint_auth_method: "private_key_jwt",
            token_endpoint_auth_signing_alg: client.public_key.alg,
            jwks: { keys: [client.public_key] },
          }
        : { client_secret: secretOf(client) }),
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
      id_token_signed_response_alg: alg,
    })),
    scopes: ["openid", ...scopes],
    cookies: { keys: ["for tests only"] },
    enabledJWA: { idTokenSigningAlgValues: [alg] },
    clientDefaults: { id_token_signed_response_alg: alg },
    ttl: {
      ClientCredentials: (_: unknown, token: { readonly clientId?: string }) =>
        clientOf(token.clientId)?.ttl_s ?? ttl_s,
    },
    extraTokenClaims: (_: unknown, token: { readonly clientId?: string }) =>
      clientOf(token.clientId)?.claims,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      introspection: { enabled: tokens === "opaque" },
      revocation: { enabled: tokens === "opaque" },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        useGrantedResource: () => true,
        getResourceServerInfo: resourceServer,
      },
    },
  };
}

/** What oidc-provider needs kept while it only serves client_credentials. */
function memoryAdapter(store: Map<string, unknown>) {
  return (model: string) => ({
    upsert: async (id: string, payload: unknown) => void store.set(`${model}:${id}`, payload),
    find: async (id: string) => store.get(`${model}:${id}`),
    destroy: async (id: string) => void store.delete(`${model}:${id}`),
  });
}

/** Imports oidc-provider without its word on Node 20, with which it works all the same. */
export async function loadProvider(): Promise<typeof RealProvider> {
  const { warn } = console;
  console.warn = (...words) => {
    if (!String(words[0]).includes("oidc-provider ")) warn(...words);
  };
  try {
    return (await import("oidc-provider")).Provider;
  } finally {
    console.warn = warn;
  }
}
