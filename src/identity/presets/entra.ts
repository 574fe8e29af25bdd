import type { Preset } from "../preset.ts";
import { ACCESS_TOKEN } from "./bases.ts";

/**
 * Microsoft Entra ID. `sub` differs from one application to the next, `oid` names the user or service
 * principal within its tenant. `azp` (v2) and `appid` (v1) stand in access tokens only.
 */
export const entra: Preset = {
  ...ACCESS_TOKEN,
  title: "Microsoft Entra ID",
  typ: ["jwt", "at+jwt"],
  algorithms: ["RS256"],
  required: { ...ACCESS_TOKEN.required, tid: "string", oid: "string", ver: "string" },
  equal: { ver: ["1.0", "2.0"], idtyp: ["app", "user"] },
  tenant: "tid",
  scopes: ["scp"],
  roles: ["roles", "groups"],
  client: ["azp", "appid"],
  client_required: true,
  kinds: [
    { kind: "client", subject: "oid", same: ["sub", "oid"], absent: ["scp"] },
    { kind: "user", subject: "oid", present: ["scp"] },
  ],
  missing: {
    ...ACCESS_TOKEN.missing,
    client: "access tokens of Entra have azp or appid: this may be an ID token",
    tid: "tokens of a tenant have tid: this one may be of Azure AD B2C, which needs the preset generic",
  },
  page: {
    audience: "99999999-8888-7777-6666-555555555555",
    setup: [
      "Register an application for this service; under `Expose an API` set its App ID URI and the scopes, under `App roles` the roles that applications may have.",
      "Set `requestedAccessTokenVersion` to 2 in its manifest: the audience is then its client id, and the issuer ends in `/v2.0`.",
      "Callers ask for `api://CLIENT-ID/.default`. Tokens for Microsoft Graph cannot be verified by anybody else.",
    ],
    rule: `name: order service at entra
issuer: entra
kind: client
client: 66666666-7777-8888-9999-000000000000
claims: { roles: { has: Orders.Read } }
grant: { account: ORDERS, subscribe: ["orders.>"] }`,
    avoid: {
      sub: "it is another one for each application: `subject` of the rule is `oid`",
      email: "it is not verified: match `subject`, or app roles",
      upn: "it can change hands: match `subject`, or app roles",
      groups: "names of groups may repeat: match their ids, or app roles",
    },
  },
};
