import type { Preset } from "../preset.ts";
import { ACCESS_TOKEN } from "./bases.ts";

/** Zitadel, where an application issues JWT access tokens. */
export const zitadel: Preset = {
  ...ACCESS_TOKEN,
  title: "Zitadel",
  typ: ["", "jwt", "at+jwt"],
  required: { ...ACCESS_TOKEN.required, jti: "string" },
  id_token_marks: [...ACCESS_TOKEN.id_token_marks, "amr"],
  // Without an id, the claim holds the roles of the project of whoever asked for the token, not of ours.
  roles: ["urn:zitadel:iam:org:project:PROJECT-ID:roles"],
  client: ["client_id", "azp"],
  kinds: [{ kind: "user", subject: "sub" }],
  missing: {
    ...ACCESS_TOKEN.missing,
    jti: "access tokens of Zitadel have jti: this may be an ID token",
  },
  page: {
    audience: '"282951055400000001"',
    setup: [
      "Set the token type of the application, or of the service user, to JWT: tokens are opaque otherwise.",
      "Create a project for this service; its id is the `audience`, and callers ask for the scope `urn:zitadel:iam:org:project:id:PROJECT-ID:aud`.",
      "For its roles, callers ask for the scope `urn:zitadel:iam:org:projects:roles` as well. They are an object under the id of the project: a rule asks whether its key exists.",
    ],
    rule: `name: order desk at zitadel
issuer: zitadel
claims: { "/urn:zitadel:iam:org:project:282951055400000001:roles/order-desk": { exists: true } }
grant: { account: ORDERS, subscribe: ["orders.>"] }`,
    avoid: {
      email: "people change it: match `subject`, or roles",
      "urn:zitadel:iam:org:project:roles":
        "it holds the roles of the project that the caller's application is of, which may be anybody's: match the claim with the id of this service's project",
    },
  },
};
