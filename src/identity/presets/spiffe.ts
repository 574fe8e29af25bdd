import type { Preset } from "../preset.ts";
import { WORKLOAD_TOKEN } from "./bases.ts";

/** SPIFFE JWT-SVIDs. `iss` is optional there and not looked at: the trust domain in `sub` decides. */
export const spiffe: Preset = {
  ...WORKLOAD_TOKEN,
  title: "SPIFFE JWT-SVID",
  typ: ["jwt", "jose", ""],
  algorithms: [
    ...(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const),
    ...(["ES256", "ES384", "ES512"] as const),
  ],
  key_uses: ["jwt-svid", "sig"],
  max_lifetime_s: 86_400,
  issuer_claim: "sub",
  required: { sub: "string" },
  subject_form: /^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+$/,
  page: {
    setup: [
      "`url` is the trust domain, `spiffe://example.org`; its keys come from `jwks: { url: ... }`, such as `/keys` of the SPIRE OIDC discovery provider, or from `jwks: { file: ... }`, a bundle that is kept up to date.",
      "Workloads ask the Workload API for a JWT-SVID with the audience of this service and no other: `spire-agent api fetch jwt -audience AUDIENCE`.",
    ],
    rule: `name: orders worker
issuer: spiffe
subject: spiffe://example.org/ns/orders/sa/worker
grant: { account: ORDERS, subscribe: ["orders.>"] }`,
    avoid: { iss: "SVIDs need not have one: the issuer of the rule is the trust domain" },
  },
};
