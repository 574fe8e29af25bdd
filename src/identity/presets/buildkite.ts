import type { Preset } from "../preset.ts";
import { WORKLOAD_TOKEN } from "./bases.ts";

/** Buildkite. One issuer serves every organization. With `--subject-claim`, a job chooses its `sub`. */
export const buildkite: Preset = {
  ...WORKLOAD_TOKEN,
  title: "Buildkite",
  token_use: "once",
  required: {
    ...WORKLOAD_TOKEN.required,
    organization_id: "string",
    pipeline_slug: "string",
  },
  subject_form: /^organization:[\w-]+:pipeline:[\w-]+:ref:.+$/,
  missing: {
    organization_id: "ask for it: buildkite-agent oidc request-token --claim organization_id",
  },
  page: {
    setup: [
      "`buildkite-agent oidc request-token --audience AUDIENCE --claim organization_id --claim pipeline_id` gets the token; slugs can be taken anew, ids cannot. Leave `--subject-claim` out: the subject must name organization, pipeline, ref, commit and step.",
    ],
    rule: `name: worker deployed from main
issuer: buildkite
claims:
  organization_id: 0184990a-477b-4fa8-9968-496074483cee
  pipeline_id: 0184990a-4782-42b5-afc1-16715b10b8ff
  build_branch: main
grant: { account: ORDERS, publish: [deploys.orders] }`,
    avoid: {
      sub: "commit and step are part of it: match the claims one by one",
      organization_slug: "it can be taken anew: match `organization_id`",
      build_branch:
        "the branch of a fork can have the name of yours: do not build forks in this pipeline",
    },
  },
};
