import type { PresetName } from "../config/index.ts";
import type { Preset } from "./preset.ts";
import { auth0 } from "./presets/auth0.ts";
import { authentik } from "./presets/authentik.ts";
import { aws } from "./presets/aws.ts";
import { buildkite } from "./presets/buildkite.ts";
import { circleci } from "./presets/circleci.ts";
import { cognito } from "./presets/cognito.ts";
import { dex } from "./presets/dex.ts";
import { entra } from "./presets/entra.ts";
import { generic } from "./presets/generic.ts";
import { github } from "./presets/github.ts";
import { gitlab } from "./presets/gitlab.ts";
import { google } from "./presets/google.ts";
import { keycloak } from "./presets/keycloak.ts";
import { kubernetes } from "./presets/kubernetes.ts";
import { okta } from "./presets/okta.ts";
import { ping } from "./presets/ping.ts";
import { spiffe } from "./presets/spiffe.ts";
import { terraform } from "./presets/terraform.ts";
import { zitadel } from "./presets/zitadel.ts";

/** The row of every preset that the configuration knows. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  ...{ generic, okta, auth0, entra, keycloak, cognito, dex, zitadel, authentik, ping },
  ...{ aws, google, kubernetes, spiffe, github, gitlab, buildkite, circleci, terraform },
};
