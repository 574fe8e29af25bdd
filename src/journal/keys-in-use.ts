import { StsError } from "../errors.ts";
import type { StoredEvent } from "./event.ts";
import type { Fold } from "./fold.ts";

/** Callers' own user keys: each belongs to the identity that used it, for a while. */
export interface KeysInUse extends Fold {
  /**
   * Takes a key for an identity until `until_s`. At once, so that two requests cannot both have it.
   * All times are Unix seconds.
   *
   * @returns false when the key belongs to another identity until later than `now_s`.
   * @throws StsError `overloaded` when there is no room for another key.
   */
  claim(user_public_key: string, identity_digest: string, until_s: number, now_s: number): boolean;
  /** How many are held. */
  size(): number;
}

/** A key that more than this many other live ones leave no room for is refused for now. */
const KEYS_LIMIT = 100_000;
/** Of the room, what one identity can take: one alone must not leave none for others. */
const SHARE = 1 / 10;

interface Owner {
  readonly identity: string;
  readonly until_s: number;
}

/**
 * Remembers who uses which key, for `max_ttl_s` after the last credential for it has expired. Works
 * without a journal too; then until a restart.
 */
export function keysInUse(options: { max_ttl_s: number; limit_keys?: number }): KeysInUse {
  const { max_ttl_s, limit_keys = KEYS_LIMIT } = options;
  const share = Math.ceil(limit_keys * SHARE);
  const owners = new Map<string, Owner>();
  /** How many keys each identity has, for as long as it has any. */
  const counts = new Map<string, number>();
  /** Before this nothing expires, so a full table need not be searched again for every caller. */
  let earliest_s = 0;

  /** Only ever lengthens: a claim with a later end must not be cut short by an older event. */
  const own = (key: string, identity: string, until_s: number) => {
    const owner = owners.get(key);
    const until = owner?.identity === identity ? Math.max(owner.until_s, until_s) : until_s;
    drop(key);
    owners.set(key, { identity, until_s: until });
    counts.set(identity, (counts.get(identity) ?? 0) + 1);
    earliest_s = Math.min(earliest_s, until);
  };

  const drop = (key: string) => {
    const owner = owners.get(key);
    if (!owner) return;
    owners.delete(key);
    const left = (counts.get(owner.identity) ?? 0) - 1;
    if (left > 0) counts.set(owner.identity, left);
    else counts.delete(owner.identity);
  };

  const dropExpired = (now_s: number) => {
    earliest_s = Number.POSITIVE_INFINITY;
    for (const [key, { until_s }] of owners) {
      if (until_s <= now_s) drop(key);
      else earliest_s = Math.min(earliest_s, until_s);
    }
  };

  return {
    name: "keys_in_use",
    size: () => owners.size,

    claim(user_public_key, identity_digest, until_s, now_s) {
      const owner = owners.get(user_public_key);
      if (owner && owner.identity !== identity_digest && owner.until_s > now_s) return false;
      const full = () =>
        owners.size >= limit_keys || (!owner && (counts.get(identity_digest) ?? 0) >= share);
      if (!owner && full()) {
        if (earliest_s <= now_s) dropExpired(now_s);
        if (full()) throw new StsError("overloaded", { limit: "keys_in_use" });
      }
      own(user_public_key, identity_digest, until_s);
      return true;
    },

    // What was recorded is a fact, whatever the limit says: that is for `claim` alone.
    apply(event: StoredEvent) {
      if (event.type !== "credential.issued" || !event.own_key || !event.identity) return;
      own(event.user_public_key, event.identity.digest, event.exp + max_ttl_s);
    },

    *checkpoint(now_s) {
      for (const [key, { identity, until_s }] of owners) {
        if (until_s > now_s) yield [key, identity, until_s];
        else drop(key);
      }
    },

    restore(entries) {
      for (const entry of entries) {
        const [key, identity, until_s] = Array.isArray(entry) ? entry : [];
        if (
          typeof key !== "string" ||
          typeof identity !== "string" ||
          typeof until_s !== "number"
        ) {
          throw new Error("an entry of keys_in_use is not [key, identity digest, until]");
        }
        own(key, identity, until_s);
      }
    },
  };
}
