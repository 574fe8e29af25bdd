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
