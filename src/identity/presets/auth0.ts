import type { Preset } from "../preset.ts";
import { ACCESS_TOKEN } from "./bases.ts";

/** Auth0, in both token dialects: `azp` in its own, `client_id` in that of RFC 9068. */
export const auth0: Preset = {
  ...ACCESS_TOKEN,
  title: "Auth0",
  typ: ["at+jwt", "jwt"],
  algorithms: ["RS256", "PS256"],
  roles: ["permissions"],
  client: ["azp", "client_id"],
  client_required: true,
  kinds: [
    { kind: "client", subject: "sub", same: ["sub", "azp", "@clients"] },
    { kind: "client", subject: "sub", same: ["sub", "client_id", "@clients"] },
    { kind: "user", subject: "sub" },
  ],
  missing: {
    ...ACCESS_TOKEN.missing,
    client: "access tokens of Auth0 have azp or client_id: this may be an ID token",
  },
  page: {
    setup: [
      "Create an API (Applications, APIs) for this service; its identifier is the `audience`.",
      "Clients must ask for that audience, or Auth0 gives them an opaque token.",
      "With RBAC and `Add Permissions in the Access Token`, permissions stand in `permissions`.",
    ],
    rule: `name: order desk at auth0
issuer: auth0
kind: client
scopes: [orders.read]
claims: { permissions: { has: "orders:read" } }
grant: { account: ORDERS, subscribe: ["orders.>"] }`,
    avoid: { gty: "it says how a token was asked for, not by whom: match `kind` and `client`" },
  },
};
