/** Where a bearer token is exchanged. */
export const CREDENTIALS_PATH = "/v1/credentials";

/** Where callers ask what they would be given. */
export const EXPLAIN_PATH = "/v1/explain";

/** The token endpoint. */
export const TOKEN_PATH = "/oauth2/token";

/** RFC 9728 §3. */
export const PROTECTED_RESOURCE = "/.well-known/oauth-protected-resource";

/** RFC 8414 §3. */
export const AUTHORIZATION_SERVER = "/.well-known/oauth-authorization-server";

/** The path of a URL; none for `/` alone. */
export const pathOf = (url: string) => new URL(url).pathname.replace(/\/$/, "");

/** RFC 9728 §3.1: the well-known part stands between the host and the path of the resource. */
export function resourceMetadataUrl(public_url: string): string {
  return `${new URL(public_url).origin}${PROTECTED_RESOURCE}${pathOf(public_url)}`;
}
