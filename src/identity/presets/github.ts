import type { Preset } from "../preset.ts";
import { WORKLOAD_TOKEN } from "./bases.ts";

/** GitHub Actions. The form of `sub` can be customised, and names in it can be taken anew. */
export const github: Preset = {
  ...WORKLOAD_TOKEN,
  title: "GitHub Actions",
  token_use: "once",
  max_lifetime_s: 3600,
  required: {
    ...WORKLOAD_TOKEN.required,
    repository_id: "string",
    repository_owner_id: "string",
    event_name: "string",
    ref: "string",
  },
  // Whoever may cause these may write to the repository. Strangers can cause most others.
  guarded: {
    event_name: [
      ...["push", "workflow_dispatch", "repository_dispatch"],
      ...["schedule", "release", "deployment"],
    ],
  },
  page: {
    setup: [
      "Give the job `permissions: { id-token: write }`.",
      "Ask for the token with `audience=AUDIENCE` (`core.getIDToken(audience)`, or curl with `ACTIONS_ID_TOKEN_REQUEST_URL`): the default audience is the owner's URL, which every job of the owner has.",
      "`gh api repos/OWNER/REPO --jq '.id, .owner.id'` tells the ids for your rules.",
    ],
    rule: `name: worker deployed from main
issuer: github
claims:
  repository_id: "456789"
  repository_owner_id: "123456"
  ref: refs/heads/main
  event_name: [push, workflow_dispatch]
grant: { account: ORDERS, publish: [deploys.orders] }`,
    avoid: {
      sub: "its form is the repository's to change: match the claims one by one",
      repository: "the name can be taken anew: match `repository_id` and `repository_owner_id`",
      actor: "it is whoever caused the run, not whose code runs: match `event_name` and `ref`",
    },
  },
};
