import { randomUUID } from "node:crypto";
import { CompactSign, importJWK, type JWK } from "jose";
import { type ProviderSettings, resourceOf, secretOf } from "./provider-config.ts";

export interface TokenRequest {
  /** `worker` unless told otherwise. */
  readonly client?: string;
  /** Words between blanks; all scopes of the provider unless told otherwise. */
  readonly scope?: string;
  readonly audience?: string;
}

/** A token to be signed with the provider's own key. `undefined` takes a default away. */
export interface Forgery {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly payload?: Readonly<Record<string, unknown>>;
  /** Instead of the provider's current private key; bytes make an HMAC. */
  readonly key?: JWK | Uint8Array;
}

/** Gets a token over HTTP by client_credentials. */
export async function fetchToken(
  issuer: string,
  settings: ProviderSettings,
  request: TokenRequest,
): Promise<string> {
  const { client: id = "worker", scope = settings.scopes.join(" ") } = request;
  const client = settings.clients.find((each) => each.id === id) ?? { id };
  const basic = [id, secretOf(client)].map(encodeURIComponent).join(":"); // RFC 6749 §2.3.1
  const response = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(basic).toString("base64")}` },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      scope,
      resource: resourceOf(request.audience ?? settings.audience),
    }),
  });
  const body: unknown = await response.json();
  if (typeof body === "object" && body && "access_token" in body) return String(body.access_token);
  throw new Error(`the provider gave no token: ${JSON.stringify(body)}`);
}

/** Signs whatever the test wants; without any wishes it is a token like those of the provider. */
export async function forge(
  issuer: string,
  { alg, audience, scopes, ttl_s }: ProviderSettings,
  signing_key: JWK,
  { header, payload, key = signing_key }: Forgery,
): Promise<string> {
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    ...{ iss: issuer, aud: audience, sub: "worker", client_id: "worker", iat, exp: iat + ttl_s },
    ...{ jti: randomUUID(), scope: scopes.join(" "), ...payload },
  };
  const all = { alg, kid: signing_key.kid, typ: "at+jwt", ...header };
  // `kid` and the like may be taken away by a test; JSON leaves out what is undefined.
  const exact: { alg: string } = JSON.parse(JSON.stringify(all));
  const signer = key instanceof Uint8Array ? key : await importJWK(key, exact.alg);
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader(exact)
    .sign(signer);
}
