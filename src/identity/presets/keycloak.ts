import type { Preset } from "../preset.ts";
import { ACCESS_TOKEN } from "./bases.ts";

/**
 * Keycloak. A service account is a user of its own there: its token has `client_id` and no session.
 * Access tokens say `typ: Bearer`, or `DPoP` where they are bound to a key; they had a nonce before version 24, and can have one again.
 */
export const keycloak: Preset = {
  ...ACCESS_TOKEN,
  title: "Keycloak",
  typ: ["at+jwt", "jwt"],
  required: { ...ACCESS_TOKEN.required, typ: "string", azp: "string" },
  equal: { typ: ["Bearer", "DPoP"] },
  id_token_marks: ["at_hash", "c_hash"],
  roles: ["/realm_access/roles", "/resource_access/CLIENT/roles"],
  client: ["azp"],
  client_required: true,
  kinds: [
    {
      kind: "client",
      subject: "sub",
      same: ["client_id", "azp"],
      absent: ["sid", "session_state"],
    },
    { kind: "user", subject: "sub" },
  ],
  missing: {
    aud: "give the client a client scope with an Audience mapper that adds this service",
    sub: "give the client the client scope basic, or add the mapper Subject (sub) to another",
  },
  page: {
    setup: [
      "Create a client scope with a mapper of type `Audience` that adds the audience of this service, and give it to the clients that may come here.",
      "Keep the client scope `basic` on them: without it, access tokens have no `sub`.",
      'Set `Use "at+jwt" as access token header type` on the clients if you can.',
    ],
    rule: `name: traders at keycloak
issuer: keycloak
client: worker
scopes: ["nats:orders.read"]
claims: { /realm_access/roles: { has: trader } }
grant: { account: ORDERS, subscribe: ["orders.>"] }`,
    avoid: {
      preferred_username: "it can change and be taken anew: match `subject`",
      email: "it can be changed by its owner: match `subject`, or roles",
    },
  },
};
