import { FaultError } from "../../src/config/index.ts";
import { type Identity, identityDigest } from "../../src/identity/index.ts";
import {
  decide,
  type Grant,
  loadPolicy,
  type Narrowing,
  type Policy,
} from "../../src/policy/index.ts";

/** The time of every test, Unix seconds. */
export const NOW_S = 1_800_000_000;

export const CONTEXT = {
  accounts: ["ORDERS", "BILLING"],
  issuers: ["corp", "github"],
  default_ttl_s: 900,
  max_ttl_s: 3600,
} as const;

/** A policy from the text of its one file. */
export function policyOf(text: string): Policy {
  return loadPolicy([{ path: "policy.yaml", bytes: Buffer.from(text) }], CONTEXT);
}

/** The faults of a policy, each as `line:col message`; empty if it loads. */
export function faultsOf(text: string | Uint8Array): string[] {
  try {
    loadPolicy([{ path: "policy.yaml", bytes: Buffer.from(text) }], CONTEXT);
    return [];
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return error.faults.map(({ line, col, message }) => `${line}:${col} ${message}`);
  }
}

const ISSUER_URL = "https://corp.test";

/** Somebody from `corp` whose token lives for an hour, unless said otherwise. */
export function identityOf(with_: Partial<Identity> = {}): Identity {
  const { kind = "user", subject = "alice" } = with_;
  return {
    issuer: "corp",
    issuer_url: ISSUER_URL,
    kind,
    subject,
    scopes: [],
    claims: {},
    token_expires_at: NOW_S + 3600,
    token_kind: "access",
    digest: identityDigest(ISSUER_URL, kind, subject),
    ...with_,
  };
}

/** The private inbox of {@link identityOf} without arguments. */
export const INBOX = `_INBOX.${identityDigest(ISSUER_URL, "user", "alice").slice(0, 32)}`;

/** The grant, or the code of the refusal. */
export function outcome(
  policy: Policy,
  identity: Identity,
  request: Narrowing = {},
  now_s = NOW_S,
): Grant | string {
  const decision = decide(policy, identity, request, now_s);
  return decision.allow ? decision.grant : decision.code;
}

/** The grant of a decision that must allow. */
export function granted(policy: Policy, identity: Identity, request: Narrowing = {}): Grant {
  const grant = outcome(policy, identity, request);
  if (typeof grant === "string") throw new Error(`refused: ${grant}`);
  return grant;
}

/** A rule for each role, by a scope of the same name. */
export const withRoles = (roles: Record<string, string>) =>
  policyOf(`version: 1
roles:
${Object.entries(roles)
  .map(([name, fields]) => `  ${name}: { ${fields} }`)
  .join("\n")}
rules:
${Object.keys(roles)
  .map((name) => `  - { name: by ${name}, issuer: corp, scopes: [${name}], roles: [${name}] }`)
  .join("\n")}
`);
/** Somebody with these scopes. */
export const who = (...scopes: string[]) => identityOf({ scopes });

/** A policy with everything in it that can be written. */
export const GOOD = `version: 1
roles:
  worker:
    account: ORDERS
    subscribe: ["orders.new workers"]
    publish: ["orders.done.{repository_owner_id}.>"]
    respond: true
    connection_types: [STANDARD]
    source_networks: [10.0.0.0/8, 2001:db8::/32]
    times: { location: Europe/Warsaw, ranges: [{ start: 08:00:00, end: "18:00:00" }] }
    limits: { subscriptions: 100, payload_bytes: 65536, data_bytes: 1 }
    inbox: _INBOX.orders
    ttl: 10m
rules:
  - name: everything a rule can say
    issuer: github
    kind: workload
    client: app
    subject: [a, b]
    scopes: [x]
    any_scope: [y, z]
    claims: { ref: main, /a/b: { has: [c] }, n: { not: 5 } }
    roles: [worker]
    grant: { account: BILLING, publish: [bills.>] }
    admin: [oncall]
admin_roles:
  oncall: { accounts: [ORDERS], can: [revoke, journal, approve] }
`;
