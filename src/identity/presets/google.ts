import type { Preset } from "../preset.ts";
import { WORKLOAD_TOKEN } from "./bases.ts";

/** ID tokens of Google service accounts: they are their own authorized party, people are not. */
export const google: Preset = {
  ...WORKLOAD_TOKEN,
  title: "Google Cloud service accounts",
  max_lifetime_s: 3600,
  required: { ...WORKLOAD_TOKEN.required, azp: "string" },
  equal: { email_verified: [true] },
  client: ["azp"],
  kinds: [
    { kind: "workload", subject: "sub", same: ["azp", "sub"] },
    // Asked for with the account's own key: `equal` wants the address to be verified.
    { kind: "workload", subject: "sub", same: ["azp", "email"], present: ["email_verified"] },
  ],
  subject_form: /^\d{1,32}$/,
  page: {
    setup: [
      "Nothing has to be set up: a workload asks the metadata server for an identity token with the audience of this service (`.../service-accounts/default/identity?audience=AUDIENCE&format=full`).",
      "Elsewhere, `gcloud auth print-identity-token --impersonate-service-account=EMAIL --audiences=AUDIENCE --include-email` gets one.",
      "Tokens of people are refused: their audience is always an OAuth client.",
    ],
    rule: `name: orders service account
issuer: google
subject: "113475438248934895348"
grant: { account: ORDERS, subscribe: ["orders.>"] }`,
    avoid: {
      email:
        "the address of a deleted service account can be taken anew: match `subject`, its unique id",
    },
  },
};
