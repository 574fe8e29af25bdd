import type { Preset } from "../preset.ts";
import { WORKLOAD_TOKEN } from "./bases.ts";

/** GitLab CI. One token serves a whole job, and lives as long as the job may. */
export const gitlab: Preset = {
  ...WORKLOAD_TOKEN,
  title: "GitLab CI",
  max_lifetime_s: 86_400,
  required: {
    ...WORKLOAD_TOKEN.required,
    project_id: "string",
    namespace_id: "string",
    ref: "string",
    ref_type: "string",
  },
  equal: { ref_type: ["branch", "tag"] },
  // A tag may have the name of a branch, and a merge request brings the code of others.
  guarded: {
    ref_type: ["branch"],
    pipeline_source: ["push", "schedule", "web", "api", "trigger"],
  },
  page: {
    setup: [
      "Give the job a token: `id_tokens: { STS_ID_TOKEN: { aud: AUDIENCE } }`.",
      'The ids for your rules stand on the pages of project and group. All of them are strings in the token, `"true"` too.',
    ],
    rule: `name: worker deployed from main
issuer: gitlab
claims:
  project_id: "20"
  namespace_id: "72"
  ref_type: branch
  ref: main
  ref_protected: "true"
grant: { account: ORDERS, publish: [deploys.orders] }`,
    avoid: {
      sub: "its form is the project's to change: match the claims one by one",
      project_path: "the path can be taken anew: match `project_id` and `namespace_id`",
      ref: "a tag can have the name of a branch: match `ref_type` beside it",
      user_login:
        "it is whoever caused the job, not whose code runs: match `ref` and `ref_protected`",
    },
  },
};
