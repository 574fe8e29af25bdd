import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after } from "node:test";
import type { IntrospectionConfig, IssuerConfig } from "../../src/config/index.ts";
import { StsError } from "../../src/errors.ts";
import { type Fetch, trustedIssuers, verify } from "../../src/identity/index.ts";
import { makeDir } from "../support/service.ts";
import {
  claimsOf,
  ISSUER,
  issuerConfig,
  keysOf,
  type Members,
  NOW_S,
  publicOf,
  siteOf,
} from "./support.ts";

export const keys = await keysOf("ES256");
export const dir = await makeDir({ after });
const client_secret_file = join(dir, "secret");
await writeFile(client_secret_file, "s3cret\n", { mode: 0o600 });
export const private_key_file = join(dir, "key.pem");
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
await writeFile(private_key_file, privateKey.export({ type: "pkcs8", format: "pem" }), {
  mode: 0o600,
});

export const ENDPOINT = `${ISSUER}/introspect`;
export const active = (with_: Members = {}) => ({
  active: true,
  token_type: "Bearer",
  ...claimsOf(with_),
});

interface World {
  readonly config?: Partial<IssuerConfig>;
  readonly introspection?: Partial<IntrospectionConfig>;
  /** What the endpoint answers; a function to decide each time. */
  readonly answer?: unknown;
}

/** A verifier whose issuer answers like this, and what it was asked. */
export function world({ config = {}, introspection, answer = active() }: World = {}) {
  const asked: { readonly headers: Headers; readonly form: URLSearchParams }[] = [];
  const clock = { now_s: NOW_S };
  const discovery = {
    issuer: ISSUER,
    jwks_uri: `${ISSUER}/jwks`,
    introspection_endpoint: ENDPOINT,
  };
  const site: Record<string, unknown> = {
    ...siteOf(ISSUER, [publicOf(keys.ES256)]),
    [`${ISSUER}/.well-known/openid-configuration`]: discovery,
  };
  const fetch: Fetch = async (url, options) => {
    if (url !== ENDPOINT) return Response.json(site[url], { status: url in site ? 200 : 404 });
    asked.push({
      headers: new Headers(options.headers),
      form: new URLSearchParams(String(options.body)),
    });
    const said: unknown = typeof answer === "function" ? await answer() : answer;
    return said instanceof Response ? said : Response.json(said);
  };
  const corp = issuerConfig({
    validation: "both",
    introspection: { client_id: "sts", client_secret_file, ...introspection },
    ...config,
  });
  const other = issuerConfig({ name: "other", url: "https://other.test" });
  const verifier = {
    issuers: trustedIssuers([other, corp], fetch, () => clock.now_s),
    token_limit_bytes: 12_288,
    clock_skew_s: 30,
  };
  const outcome = async (token = "opaque") =>
    verify(token, verifier, clock.now_s).then(
      () => "accepted",
      (error: unknown) => (error instanceof StsError ? error.code : String(error)),
    );
  return { asked, clock, verifier, outcome };
}
