import type { Preset } from "../preset.ts";
import { ACCESS_TOKEN } from "./bases.ts";

/** PingOne and PingFederate. Where scopes stand depends on the access token manager: both are read. */
export const ping: Preset = {
  ...ACCESS_TOKEN,
  title: "PingOne and PingFederate",
  typ: ["at+jwt", "jwt", ""],
  algorithms: ["RS256", "PS256", "ES256", "ES384"],
  roles: ["groups"],
  client: ["client_id"],
  client_required: true,
  missing: {
    ...ACCESS_TOKEN.missing,
    sub: "map a subject into the access token (PingOne: resource attributes; PingFederate: access token mapping)",
    client: "map client_id into the access token, so that it can be told from an ID token",
  },
  page: {
    setup: [
      "PingOne: create a custom resource; its audience is the `audience`, and its scopes are those that rules name.",
      "PingFederate: use a JSON access token manager that signs with a key of its own, with issuer, audience, `client_id`, `iat` and a subject in its contract.",
    ],
    rule: `name: order readers at ping
issuer: ping
scopes: [orders.read]
claims: { groups: { has: order-desk } }
grant: { account: ORDERS, subscribe: ["orders.>"] }`,
    avoid: { username: "it can change and be taken anew: match `subject`" },
  },
};
