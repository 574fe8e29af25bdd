import { JWT_LIMIT_BYTES, jwtBytes, userClaims } from "../../../src/credential/index.ts";
import {
  includesOf,
  issuerNamed,
  lint,
  type Measure,
  openPolicy,
} from "../../../src/policy/index.ts";

const HOLDER = {
  name: "corp:0123456789abcdef",
  user_public_key: "U".repeat(56),
  account_public_key: "A".repeat(56),
  signing_key: "A".repeat(56),
  issued_at: 1_800_000_000,
  tags: [],
};

export const MEASURE: Measure = {
  limit_bytes: JWT_LIMIT_BYTES,
  bytes: (grant) =>
    jwtBytes(userClaims(grant, { ...HOLDER, signing_key: grant.scoped_key ?? HOLDER.signing_key })),
};

/** Lints a policy that is given without its version. Issuers called like a preset are of it. */
export function lintText(text: string, issuers = ISSUERS) {
  const root = { path: "policy.yaml", bytes: Buffer.from(`version: 1\n${text}\n`) };
  const included = includesOf(root).map((path) => ({ path, bytes: NOTHING }));
  return lint(openPolicy([root, ...included]), issuers, MEASURE);
}

const NOTHING = Buffer.from("version: 1\nrules: []\n");

export const ISSUERS = ["corp", ...["github", "gitlab", "kubernetes", "entra", "okta", "aws"]].map(
  issuerNamed,
);

/** What is found, each as `line id`. Lines count from that of the version. */
export const found = (text: string, issuers = ISSUERS) =>
  lintText(text, issuers).findings.map(({ line, id }) => `${line} ${id}`);
