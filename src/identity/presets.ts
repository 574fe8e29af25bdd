import type { Kind } from "./identity.ts";

type Claims = Readonly<Record<string, unknown>>;

/** What is special about one provider's tokens: a row of data, not code of its own. */
export interface Preset {
  /** Header `typ` values that are accepted, lower case, without `application/`. */
  readonly typ: readonly string[];
  readonly algorithms: readonly string[];
  /** Claims that must be there. */
  readonly required: readonly string[];
  readonly token_kind: "access" | "identity";
  /** Where the granted scopes stand. */
  readonly scopes: string;
  /** Where the OAuth client stands: the first one that is there. */
  readonly client: readonly string[];
  kind(claims: Claims): Kind;
}

export const PRESETS = {
  /** RFC 9068 access tokens, as any provider that follows it issues them. */
  generic: {
    typ: ["at+jwt"],
    algorithms: ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"],
    required: ["iss", "aud", "exp", "iat", "sub"],
    token_kind: "access",
    scopes: "scope",
    client: ["client_id", "azp"],
    kind: (claims) => (claims["sub"] === claims["client_id"] ? "client" : "user"),
  },
} as const satisfies Record<string, Preset>;
