import { randomUUID } from "node:crypto";
import { CompactSign, importJWK, type JWK } from "jose";
import type { IssuerConfig } from "../../src/config/index.ts";
import { StsError } from "../../src/errors.ts";
import { type Fetch, trustedIssuers, type Verifier, verify } from "../../src/identity/index.ts";
import { type Alg, newSigningKey } from "../support/provider-keys.ts";

/** The time of every test, Unix seconds, unless it turns the clock itself. */
export const NOW_S = 1_800_000_000;
export const SKEW_S = 30;
export const ISSUER = "https://idp.test";
export const AUDIENCE = "nats-sts";

/** One key of each algorithm, made once for all tests of a file. */
export async function keysOf<A extends Alg>(...algs: readonly A[]): Promise<Record<A, JWK>> {
  const made = await Promise.all(algs.map(async (alg) => [alg, await newSigningKey(alg)] as const));
  return Object.fromEntries(made) as Record<A, JWK>; // one entry for each
}

/** The public half, as a provider publishes it. */
export function publicOf({ d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...key }: JWK): JWK {
  return key;
}

/** How the configuration of an issuer reads, with what a test wants otherwise. */
export function issuerConfig(with_: Partial<IssuerConfig> = {}): IssuerConfig {
  return {
    name: "corp",
    url: ISSUER,
    preset: "generic",
    audience: [AUDIENCE],
    required_scopes: [],
    insecure_http: false,
    ...with_,
  };
}

/** Answers by URL; what is not there is 404. A value may be a response made anew each time. */
export type Site = Readonly<Record<string, unknown | (() => Response | Promise<Response>)>>;

/** A network of such answers, and how often each URL was asked. */
export function network(site: () => Site): { readonly fetch: Fetch; readonly asked: string[] } {
  const asked: string[] = [];
  const fetch: Fetch = async (url) => {
    asked.push(url);
    const answer = site()[url];
    if (typeof answer === "function") return answer();
    if (answer === undefined) return new Response("not found", { status: 404 });
    return Response.json(answer);
  };
  return { fetch, asked };
}

/** Discovery and key set of an issuer as it should be. */
export function siteOf(issuer: string, keys: readonly unknown[]): Site {
  const base = issuer.replace(/\/$/, "");
  return {
    [`${base}/.well-known/openid-configuration`]: { issuer, jwks_uri: `${base}/jwks` },
    [`${base}/jwks`]: { keys },
  };
}

/** The same, and what the configuration names in place of discovery. */
const siteFor = ({ url, jwks }: IssuerConfig, keys: readonly unknown[]): Site => ({
  ...siteOf(url, keys),
  ...(jwks?.url !== undefined && { [jwks.url]: { keys } }),
});

/** A verifier that trusts these issuers, each with these keys. */
export function verifierOf(
  configs: readonly IssuerConfig[],
  keys: readonly JWK[],
  now_s: () => number = () => NOW_S,
): Verifier {
  const site = Object.assign({}, ...configs.map((config) => siteFor(config, keys.map(publicOf))));
  const { fetch } = network(() => site);
  return {
    issuers: trustedIssuers(configs, fetch, now_s),
    token_limit_bytes: 12_288,
    clock_skew_s: SKEW_S,
  };
}

export type Members = Readonly<Record<string, unknown>>;

/** The claims of a good token under the preset generic. */
export const claimsOf = (with_: Members = {}): Members => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: "alice",
  client_id: "desk",
  scope: "orders.read orders.write",
  iat: NOW_S - 10,
  exp: NOW_S + 290,
  jti: randomUUID(),
  ...with_,
});

/** Signs whatever text the payload is; a member that is undefined is not there. */
export async function sign(
  key: JWK,
  payload: Members | string,
  header: Members = {},
): Promise<string> {
  const all = { alg: key.alg, kid: key.kid, typ: "at+jwt", ...header };
  const exact: { alg: string } = JSON.parse(JSON.stringify(all));
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  return new CompactSign(new TextEncoder().encode(text))
    .setProtectedHeader(exact)
    .sign(await importJWK(key, String(key.alg)));
}

/** The code and the detail of the refusal; fails with the identity if there is none. */
export async function refusalOf(
  token: string,
  verifier: Verifier,
  now_s = NOW_S,
): Promise<{ readonly code: string; readonly detail: Members }> {
  const outcome = await verify(token, verifier, now_s).catch((error: unknown) => error);
  if (!(outcome instanceof StsError))
    throw new Error(`was not refused: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** The code of the refusal, or `accepted`. */
export async function outcomeOf(token: string, verifier: Verifier, now_s = NOW_S): Promise<string> {
  return verify(token, verifier, now_s).then(
    () => "accepted",
    (error: unknown) => {
      if (error instanceof StsError) return error.code;
      throw error;
    },
  );
}

/** The parts of a token, for those who put other ones together. */
export const encoded = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
