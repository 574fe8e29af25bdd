import type { Preset } from "../preset.ts";
import { ACCESS_TOKEN } from "./bases.ts";

/** Amazon Cognito user pools: access tokens name no audience, unless a resource was asked for. */
export const cognito: Preset = {
  ...ACCESS_TOKEN,
  title: "Amazon Cognito",
  typ: ["", "jwt", "at+jwt"],
  algorithms: ["RS256"],
  audience: ["aud", "client_id"],
  required: { ...ACCESS_TOKEN.required, token_use: "string", client_id: "string" },
  equal: { token_use: ["access"] },
  roles: ["cognito:groups"],
  client: ["client_id"],
  client_required: true,
  kinds: [
    { kind: "client", subject: "sub", same: ["sub", "client_id"], absent: ["username"] },
    { kind: "user", subject: "sub", present: ["username"] },
  ],
  missing: {
    client_id: "access tokens of Cognito have client_id: this may be an ID token",
  },
  page: {
    audience: "7lhlkkfbfb4q5kpp90urffao",
    setup: [
      "Create an app client for those who come here and nothing else, and write its id in `audience`: it stands for the audience, which access tokens of Cognito do not have.",
      "Define a resource server with the scopes that your rules name.",
      "Send the access token: ID tokens are refused.",
    ],
    rule: `name: order readers at cognito
issuer: cognito
scopes: [sts/orders.read]
grant: { account: ORDERS, subscribe: ["orders.>"] }`,
    avoid: { username: "a deleted one can be taken anew: match `subject`, or `cognito:groups`" },
  },
};
