import type { Preset } from "../preset.ts";

type Base = Omit<Preset, "title" | "page">;

/** Access tokens in the manner of RFC 9068; few providers write `at+jwt`, so rows say what they write. */
export const ACCESS_TOKEN = {
  token_kind: "access",
  token_use: "reuse",
  typ: ["at+jwt"],
  algorithms: ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"],
  key_uses: ["sig"],
  max_lifetime_s: 86_400,
  issuer_claim: "iss",
  audience: ["aud"],
  single_audience: false,
  required: { iat: "number", sub: "string" },
  equal: {},
  client_as_audience: false,
  id_token_marks: ["nonce", "at_hash", "c_hash", "s_hash"],
  scopes: ["scope"],
  roles: [],
  client: ["client_id", "azp"],
  client_required: false,
  kinds: [
    { kind: "client", subject: "sub", same: ["sub", "client_id"] },
    { kind: "user", subject: "sub" },
  ],
  dropped: [],
  guarded: {},
  missing: {
    aud: "the token names no audience: add this service as an audience at the provider",
  },
} as const satisfies Base;

/** What a platform gives to one run of something, for the audience that the run asks for. */
export const WORKLOAD_TOKEN = {
  ...ACCESS_TOKEN,
  token_kind: "identity",
  typ: ["jwt", ""],
  algorithms: ["RS256"],
  max_lifetime_s: 7200,
  single_audience: true,
  scopes: [],
  client: [],
  kinds: [{ kind: "workload", subject: "sub" }],
  missing: {},
} as const satisfies Base;
