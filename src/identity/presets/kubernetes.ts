import type { Preset } from "../preset.ts";
import { WORKLOAD_TOKEN } from "./bases.ts";

/** Projected service account tokens of any cluster, EKS and GKE among them. */
export const kubernetes: Preset = {
  ...WORKLOAD_TOKEN,
  title: "Kubernetes service accounts",
  algorithms: ["RS256", "ES256", "ES384"],
  max_lifetime_s: 86_400,
  required: {
    ...WORKLOAD_TOKEN.required,
    "/kubernetes.io/namespace": "string",
    "/kubernetes.io/serviceaccount/name": "string",
    "/kubernetes.io/serviceaccount/uid": "string",
  },
  instance: "/kubernetes.io/pod/uid",
  subject_form: /^system:serviceaccount:[a-z0-9-]{1,63}:[a-z0-9.-]{1,253}$/,
  missing: {
    exp: "tokens in secrets never expire and are not accepted: use a projected token",
    "/kubernetes.io/namespace":
      "tokens in secrets are not accepted: use a projected token (serviceAccountToken)",
  },
  page: {
    setup: [
      "Project a token into the pod: `serviceAccountToken: { audience: AUDIENCE, expirationSeconds: 600, path: token }`, and read the file anew each time.",
      "The issuer is what `kubectl get --raw /.well-known/openid-configuration` says.",
      "In the cluster, discovery wants a token and the CA of the cluster: `jwks: { url: https://kubernetes.default.svc/openid/v1/jwks, ca_file: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt, bearer_token_file: /var/run/secrets/kubernetes.io/serviceaccount/token }`.",
    ],
    rule: `name: orders service account
issuer: kubernetes
subject: system:serviceaccount:orders:worker
grant: { account: ORDERS, subscribe: ["orders.{/kubernetes.io/namespace}.>"] }`,
    avoid: {
      "/kubernetes.io/pod/name": "whoever makes pods names them: match `subject`",
    },
  },
};
