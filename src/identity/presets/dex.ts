import type { Preset } from "../preset.ts";
import { ACCESS_TOKEN } from "./bases.ts";

/** Dex. Its access tokens are ID tokens but in name, so nothing tells the two apart. */
export const dex: Preset = {
  ...ACCESS_TOKEN,
  title: "Dex",
  token_kind: "identity",
  typ: ["", "jwt"],
  algorithms: ["RS256", "ES256"],
  single_audience: true,
  id_token_marks: [],
  scopes: [],
  roles: ["groups"],
  client: ["azp"],
  kinds: [{ kind: "user", subject: "sub" }],
  missing: {},
  page: {
    setup: [
      "Give those who come here a static client of its own, and write its id in `audience`: tokens of Dex name the client, and a token of another application must not open anything here.",
      "Ask for the scope `groups` where rules match groups.",
    ],
    rule: `name: order desk at dex
issuer: dex
claims: { groups: { has: "acme:order-desk" } }
grant: { account: ORDERS, subscribe: ["orders.>"] }`,
    avoid: {
      email: "two connectors can have the same: match `subject`, which holds the connector too",
      name: "people choose it: match `subject`, or `groups`",
    },
  },
};
