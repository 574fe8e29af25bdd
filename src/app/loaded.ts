import { isDeepStrictEqual } from "node:util";
import type { ConfigLoaded, Journal } from "../journal/index.ts";
import type { KeyRing, RingKey } from "../keys/index.ts";
import type { Loaded } from "./effects.ts";

/** Journals what is put in force, as far as it differs from what was. Nothing is in force before that. */
export async function recordLoaded(
  journal: Journal,
  next: Loaded,
  before: Loaded | undefined,
): Promise<void> {
  const { policy } = next;
  if (policy.digest !== before?.policy.digest)
    await journal.record({ type: "policy.loaded", policy: policy.digest, files: policy.files });
  const trust = trustIn(next);
  if (!before || !isDeepStrictEqual(trust, trustIn(before))) await journal.record(trust);
}

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
