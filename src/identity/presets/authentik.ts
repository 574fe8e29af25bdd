import type { Preset } from "../preset.ts";
import { ACCESS_TOKEN } from "./bases.ts";

/** authentik. Its access token is the ID token, nonce and all, with `azp` and `uid` added. */
export const authentik: Preset = {
  ...ACCESS_TOKEN,
  title: "authentik",
  typ: ["jwt", "at+jwt", ""],
  algorithms: ["RS256", "ES256", "ES384"],
  required: { ...ACCESS_TOKEN.required, azp: "string", uid: "string" },
  client_as_audience: true,
  id_token_marks: ["at_hash"],
  roles: ["groups", "entitlements"],
  client: ["azp"],
  client_required: true,
  kinds: [{ kind: "user", subject: "sub" }],
  missing: {
    uid: "access tokens of authentik have uid: this may be an ID token",
  },
  page: {
    audience: "Zm9vYmFy",
    setup: [
      "Create an application with an OAuth2/OpenID provider for those who come here and nothing else; its client id is the `audience`.",
      "Choose a signing key there: without one, tokens are signed with the client's secret and refused.",
      "Subject mode `Based on the User's UUID` (or the hashed id) keeps names out of `sub`.",
    ],
    rule: `name: order desk at authentik
issuer: authentik
claims: { groups: { has: order-desk } }
grant: { account: ORDERS, subscribe: ["orders.>"] }`,
    avoid: {
      preferred_username: "it can change and be taken anew: match `subject`",
      email: "it can be changed by its owner: match `subject`, or `groups`",
    },
  },
};
