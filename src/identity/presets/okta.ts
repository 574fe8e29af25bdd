import type { Preset } from "../preset.ts";
import { ACCESS_TOKEN } from "./bases.ts";

/** Okta custom authorization servers. `sub` is the login, which changes; `uid` does not. */
export const okta: Preset = {
  ...ACCESS_TOKEN,
  title: "Okta",
  typ: ["at+jwt", "jwt", ""],
  algorithms: ["RS256"],
  required: { ...ACCESS_TOKEN.required, cid: "string" },
  scopes: ["scp"],
  roles: ["groups"],
  client: ["cid"],
  client_required: true,
  kinds: [
    { kind: "client", subject: "cid", same: ["sub", "cid"], absent: ["uid"] },
    { kind: "user", subject: "uid" },
  ],
  missing: {
    ...ACCESS_TOKEN.missing,
    cid: "access tokens of Okta have cid: this may be an ID token",
    uid: "a person's access token has uid: this may be an ID token",
  },
  page: {
    audience: "api://nats-sts",
    setup: [
      "Use a custom authorization server (Security, API): `default` or one of your own. Tokens of the org authorization server are for Okta alone.",
      "Set its audience, such as `api://nats-sts`, and write the same in `audience`.",
      "Add the scopes that your rules name; for groups, add a claim `groups` to access tokens, filtered to the groups that matter.",
    ],
    rule: `name: order readers at okta
issuer: okta
kind: user
scopes: [orders.read]
claims: { groups: { has: order-desk } }
grant: { account: ORDERS, subscribe: ["orders.>"] }`,
    avoid: { sub: "it is the login, which can change hands: `subject` of the rule is `uid`" },
  },
};
