import { isDeepStrictEqual } from "node:util";
import type { ConfigLoaded, Journal, PolicyLoaded } from "../journal/index.ts";
import type { KeyRing, RingKey } from "../keys/index.ts";
import type { Policy } from "../policy/index.ts";
import type { Loaded } from "./effects.ts";

/** Journals what is put in force, as far as it differs from what was. Nothing is in force before that. */
export async function recordLoaded(
  journal: Journal,
  next: Loaded,
  before: Loaded | undefined,
): Promise<void> {
  const policies = policiesIn(next);
  // All together, so that whoever reads one of them knows what else is in force, and what is not.
  if (!before || !isDeepStrictEqual(policies, policiesIn(before)))
    for (const policy of policies) await journal.record(policy);
  const trust = trustIn(next);
  if (!before || !isDeepStrictEqual(trust, trustIn(before))) await journal.record(trust);
}

const policiesIn = ({ policy, audit }: Loaded): readonly PolicyLoaded[] => [
  policyIn(policy, "enforce"),
  ...(audit ? [policyIn(audit, "audit")] : []),
];

const policyIn = (
  { digest, revision, files }: Policy,
  mode: PolicyLoaded["mode"],
): PolicyLoaded => ({
  type: "policy.loaded",
  policy: digest,
  mode,
  ...(revision !== undefined && { revision }),
  files,
});

const isScoped = ({ state }: RingKey) => state === "scoped";

const keysOf = (ring: KeyRing, account: string, scoped: boolean) =>
  ring.all(account).flatMap((key) => (isScoped(key) === scoped ? [key.signer.public_key] : []));

/** Whom this service believes, and with which keys it signs. */
const trustIn = ({ config, ring }: Loaded): ConfigLoaded => ({
  type: "config.loaded",
  issuers: config.issuers.map(({ name, url, audience }) => ({ name, url, audience })),
  signing_keys: config.accounts.map(({ name, public_key }) => ({
    account: name,
    public_key,
    keys: keysOf(ring, name, false),
    ...(ring.all(name).some(isScoped) && { scoped_keys: keysOf(ring, name, true) }),
  })),
});
