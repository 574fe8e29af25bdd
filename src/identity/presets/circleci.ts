import type { Preset } from "../preset.ts";
import { WORKLOAD_TOKEN } from "./bases.ts";

/** CircleCI. In a rerun with SSH a person sits at the machine, and can take the token along. */
export const circleci: Preset = {
  ...WORKLOAD_TOKEN,
  title: "CircleCI",
  token_use: "once",
  required: { ...WORKLOAD_TOKEN.required, "oidc.circleci.com/project-id": "string" },
  subject_form: /^org\/[0-9A-Za-z-]+\/project\/[0-9A-Za-z-]+\/user\/[0-9A-Za-z-]+(?:\/vcs-.+)?$/,
  shared: { url: "https://oidc.circleci.com", claim: "oidc.circleci.com/org-id" },
  guarded: { "oidc.circleci.com/ssh-rerun": [false] },
  page: {
    setup: [
      '`circleci run oidc get --claims \'{"aud":"AUDIENCE"}\'` gets a token for this service; `CIRCLE_OIDC_TOKEN_V2` has the organization\'s id as its audience, which every job of the organization has.',
      "The ids of organization and project stand in their settings. Where the tokens have `https://oidc.circleci.com` as their issuer, without the organization, every customer's do: rules must name `oidc.circleci.com/org-id` then.",
    ],
    rule: `name: worker deployed from main
issuer: circleci
claims:
  oidc.circleci.com/org-id: 11111111-2222-3333-4444-555555555555
  oidc.circleci.com/project-id: 44444444-5555-6666-7777-888888888888
  oidc.circleci.com/vcs-ref: refs/heads/main
grant: { account: ORDERS, publish: [deploys.orders] }`,
    avoid: {
      sub: "the user is part of it: match the claims one by one",
      "oidc.circleci.com/context-ids":
        "contexts may be open to every project: match the project too",
    },
  },
};
