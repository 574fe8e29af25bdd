import type { Preset } from "../preset.ts";
import { WORKLOAD_TOKEN } from "./bases.ts";

/** HCP Terraform and Terraform Enterprise. Anybody who may open a pull request can have a plan run. */
export const terraform: Preset = {
  ...WORKLOAD_TOKEN,
  title: "HCP Terraform",
  max_lifetime_s: 86_400,
  required: {
    ...WORKLOAD_TOKEN.required,
    terraform_organization_id: "string",
    terraform_workspace_id: "string",
    terraform_run_phase: "string",
  },
  subject_form: /^organization:[^:]+:project:[^:]+:workspace:[^:]+:run_phase:[^:]+$/,
  guarded: { terraform_run_phase: ["apply"] },
  page: {
    setup: [
      "Set `TFC_WORKLOAD_IDENTITY_AUDIENCE` in the workspace to the audience of this service; the token is then in `TFC_WORKLOAD_IDENTITY_TOKEN`.",
      "The ids of organization and workspace stand in their settings.",
    ],
    rule: `name: orders applied
issuer: terraform
claims:
  terraform_organization_id: org-GRNbCjYNpBB6NEBH
  terraform_workspace_id: ws-mbsd5E3Ktt5Rg2Xm
  terraform_run_phase: apply
grant: { account: ORDERS, publish: [deploys.orders] }`,
    avoid: {
      sub: "names in it can be taken anew: match the ids",
      terraform_workspace_name: "it can be taken anew: match `terraform_workspace_id`",
    },
  },
};
