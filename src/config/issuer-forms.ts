/** How the url of an issuer looks under one preset. */
export interface IssuerForm {
  readonly example: string;
  /** The whole url; absent where any https url may be one. */
  readonly form?: RegExp;
  /** Told to the operator whose url does not fit: what is accepted, and why where it is not plain. */
  readonly say?: string;
}

const HOST = "[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?";
const GUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const https = (rest: string) => new RegExp(`^https://${rest}$`);

/** Every preset, and what the url of its issuers must look like. What its tokens are is identity's affair. */
export const ISSUER_FORMS = {
  generic: { example: "https://idp.example.com" },
  okta: {
    example: "https://example.okta.com/oauth2/default",
    form: https(`${HOST}/oauth2/[A-Za-z0-9]+`),
    say: "must be a custom authorization server, https://DOMAIN/oauth2/ID: tokens of Okta's org authorization server are for Okta alone",
  },
  auth0: {
    example: "https://example.eu.auth0.com/",
    form: https(`${HOST}/`),
    say: "must be https://DOMAIN/ with the slash at the end, as Auth0 writes it in iss",
  },
  entra: {
    example: "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0",
    form: https(
      `(?:(?:login\\.microsoftonline\\.(?:com|us)|login\\.partner\\.microsoftonline\\.cn)/${GUID}/v2\\.0|sts\\.(?:windows\\.net|chinacloudapi\\.cn)/${GUID}/)`,
    ),
    say: "must name one tenant by its id, https://login.microsoftonline.com/TENANT-ID/v2.0 (or https://sts.windows.net/TENANT-ID/ for v1 tokens): common, organizations and consumers stand for everybody's",
  },
  keycloak: {
    example: "https://keycloak.example.com/realms/acme",
    form: https(`${HOST}(?:/[\\w.-]+)*/realms/[\\w.%-]+`),
    say: "must be a realm, https://HOST/realms/REALM, without a slash at the end",
  },
  cognito: {
    example: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI",
    form: https("cognito-idp\\.[a-z0-9-]+\\.amazonaws\\.com(?:\\.cn)?/[a-z0-9-]+_[A-Za-z0-9]+"),
    say: "must be a user pool, https://cognito-idp.REGION.amazonaws.com/POOL-ID: the hosted login domain is not the issuer",
  },
  aws: {
    example: "https://11111111-2222-3333-4444-555555555555.tokens.sts.global.api.aws",
    form: https("[a-z0-9-]+\\.tokens\\.sts\\.global\\.api\\.aws"),
    say: "must be the account's own issuer, https://ID.tokens.sts.global.api.aws, as outbound identity federation shows it once it is enabled",
  },
  google: {
    example: "https://accounts.google.com",
    form: https("accounts\\.google\\.com"),
    say: "must be https://accounts.google.com; for pods of a GKE cluster use the preset kubernetes",
  },
  github: {
    example: "https://token.actions.githubusercontent.com",
    form: https(
      `(?:token\\.actions\\.githubusercontent\\.com(?:/[A-Za-z0-9-]+)?|${HOST}/_services/token)`,
    ),
    say: "must be https://token.actions.githubusercontent.com (with /ENTERPRISE where one has its own), or https://HOST/_services/token of a GitHub Enterprise Server",
  },
  gitlab: {
    example: "https://gitlab.com",
    form: https(`${HOST}(?:/[\\w.-]+)*`),
    say: "must be the URL of the GitLab instance, such as https://gitlab.com, without a slash at the end",
  },
  kubernetes: { example: "https://kubernetes.default.svc.cluster.local" },
  spiffe: {
    example: "spiffe://example.org",
    form: /^spiffe:\/\/[a-z0-9._-]{1,255}$/,
    say: "must be the trust domain, such as spiffe://example.org, with its keys in jwks: SVIDs need not have an iss",
  },
  buildkite: {
    example: "https://agent.buildkite.com",
    form: https("agent\\.buildkite\\.com"),
    say: "must be https://agent.buildkite.com",
  },
  circleci: {
    example: "https://oidc.circleci.com/org/11111111-2222-3333-4444-555555555555",
    form: https(`oidc\\.circleci\\.com(?:/org/${GUID})?`),
    say: "must be https://oidc.circleci.com/org/ORGANIZATION-ID, or https://oidc.circleci.com where the tokens have that",
  },
  terraform: {
    example: "https://app.terraform.io",
    form: https(HOST),
    say: "must be https://app.terraform.io, or https://HOST of a Terraform Enterprise, without a path",
  },
  dex: { example: "https://dex.example.com" },
  zitadel: {
    example: "https://example.zitadel.cloud",
    form: https(HOST),
    say: "must be https://HOST of the instance, without a path",
  },
  authentik: {
    example: "https://authentik.example.com/application/o/nats-sts/",
    form: https(`${HOST}(?:/[\\w.-]+)*/application/o/[\\w-]+/`),
    say: "must be an application, https://HOST/application/o/SLUG/ with the slash at the end",
  },
  ping: { example: "https://auth.pingone.eu/11111111-2222-3333-4444-555555555555/as" },
} as const satisfies Record<string, IssuerForm>;

export type PresetName = keyof typeof ISSUER_FORMS;

/** In the order of the documentation. */
export const PRESET_NAMES = Object.keys(ISSUER_FORMS) as readonly PresetName[]; // the keys of a literal

/** Runs and machines: their tokens have no scopes. */
const WORKLOADS: readonly PresetName[] = [
  ...(["aws", "google", "kubernetes", "spiffe", "github"] as const),
  ...(["gitlab", "buildkite", "circleci", "terraform"] as const),
];

/** The presets of which no token has scopes, or names an OAuth client. */
export const WITHOUT: Readonly<Record<"scopes" | "client", readonly PresetName[]>> = {
  scopes: [...WORKLOADS, "dex"],
  client: WORKLOADS.filter((name) => name !== "google"),
};
