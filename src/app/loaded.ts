import { isDeepStrictEqual } from "node:util";
import type { ConfigLoaded, Journal, PolicyLoaded } from "../journal/index.ts";
import type { KeyRing, RingKey } from "../keys/index.ts";
import type { Loaded } from "./effects.ts";

/** Journals what is put in force, as far as it differs from what was. Nothing is in force before that. */
export async function recordLoaded(
  journal: Journal,
  next: Loaded,
  before: Loaded | undefined,
): Promise<void> {
  const policy = policyIn(next);
  if (!before || !isDeepStrictEqual(policy, policyIn(before))) await journal.record(policy);
  const trust = trustIn(next);
  if (!before || !isDeepStrictEqual(trust, trustIn(before))) await journal.record(trust);
}

const policyIn = ({ policy: { digest, revision, files } }: Loaded): PolicyLoaded => ({
  type: "policy.loaded",
  policy: digest,
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
