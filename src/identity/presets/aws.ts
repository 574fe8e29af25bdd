import type { Preset } from "../preset.ts";
import { WORKLOAD_TOKEN } from "./bases.ts";

/** AWS STS GetWebIdentityToken. `request_tags` are whatever the caller wrote. */
export const aws: Preset = {
  ...WORKLOAD_TOKEN,
  title: "AWS (STS GetWebIdentityToken)",
  algorithms: ["RS256", "ES384"],
  max_lifetime_s: 3600,
  required: {
    ...WORKLOAD_TOKEN.required,
    "/https:~1~1sts.amazonaws.com~1/aws_account": "string",
  },
  subject_form: /^arn:aws[a-z-]{0,16}:(?:iam|sts)::\d{12}:[\w+=,.@/-]+$/,
  dropped: ["/https:~1~1sts.amazonaws.com~1/request_tags"],
  page: {
    setup: [
      "Enable outbound web identity federation for the account; `aws iam get-outbound-web-identity-federation-info` tells its issuer.",
      "Allow `sts:GetWebIdentityToken` to the roles that may come here, with conditions on `sts:IdentityTokenAudience` and `sts:DurationSeconds`.",
      "`aws sts get-web-identity-token --audience AUDIENCE --signing-algorithm ES384 --duration-seconds 300` gets the token, from a regional endpoint.",
    ],
    rule: `name: data processing role
issuer: aws
subject: arn:aws:iam::123456789012:role/DataProcessingRole
claims: { /https:~1~1sts.amazonaws.com~1/aws_account: "123456789012" }
grant: { account: ORDERS, subscribe: ["orders.>"] }`,
    avoid: {
      "/https:~1~1sts.amazonaws.com~1/request_tags":
        "the caller writes them, so they are taken away: match `principal_tags`",
    },
  },
};
