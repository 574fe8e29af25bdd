import { StsError } from "../errors.ts";
import type { StoredEvent } from "./event.ts";
import type { Fold } from "./fold.ts";

/** One token that is good for one credential. */
export interface TokenUse {
  /** What stands for the token, however its signature is spelt: see identity's `tokenUse`. */
  readonly digest: string;
  /** Unix seconds: the token is not accepted any more this long after, and the skew. */
  readonly exp: number;
}

/** Tokens that have been used. A caller that brings its own key may use one again with that key. */
export interface UsedTokens extends Fold {
  /**
   * Takes a token, at once, so that two requests cannot both have it.
   *
   * @param user_key the caller's own key, where it brought and proved one
   * @returns gives it back. To be called once the line has ended: if there is a credential, its event
   *   has been applied by then, and the token stays used.
   * @throws StsError `token_replayed`; `overloaded` when there is no room to remember another one
   */
  claim(use: TokenUse, user_key: string | undefined, now_s: number): () => void;
  /** How many are held. */
  size(): number;
}

/** A token that more than this many other live ones leave no room for is refused for now. */
const TOKENS_LIMIT = 100_000;
/** The largest `clock_skew` that can be configured: a later start may have a larger one than this. */
const SKEW_LIMIT_S = 300;

/** The key that was issued to, where it was the caller's own; undefined lets nobody try again. */
type Owner = string | undefined;

/** Remembers used tokens as long as they could be used again. Without a journal, until a restart. */
export function usedTokens({ limit_tokens = TOKENS_LIMIT } = {}): UsedTokens {
  const used = new Map<string, { readonly owner: Owner; readonly exp: number }>();
  /** Under way, and how many times: what comes of them is not known yet. */
  const held = new Map<string, { readonly owner: Owner; readonly times: number }>();
  /** Before this nothing expires, so a full table need not be searched again for every caller. */
  let earliest_s = 0;

  const isLive = (exp: number, now_s: number) => exp + SKEW_LIMIT_S > now_s;

  const add = (digest: string, owner: Owner, exp: number) => {
    used.set(digest, { owner, exp });
    earliest_s = Math.min(earliest_s, exp);
  };

  const dropExpired = (now_s: number) => {
    earliest_s = Number.POSITIVE_INFINITY;
    for (const [digest, { exp }] of used) {
      if (!isLive(exp, now_s)) used.delete(digest);
      else earliest_s = Math.min(earliest_s, exp);
    }
  };

  const release = (digest: string) => {
    const { owner, times = 0 } = held.get(digest) ?? {};
    if (times > 1) held.set(digest, { owner, times: times - 1 });
    else held.delete(digest);
  };

  return {
    name: "used_tokens",
    size: () => used.size + held.size,

    claim({ digest }, user_key, now_s) {
      const before = held.get(digest) ?? used.get(digest);
      if (before && (user_key === undefined || before.owner !== user_key))
        throw new StsError("token_replayed");
      if (!before && used.size + held.size >= limit_tokens) {
        if (!isLive(earliest_s, now_s)) dropExpired(now_s);
        if (used.size + held.size >= limit_tokens)
          throw new StsError("overloaded", { limit: "used_tokens" });
      }
      held.set(digest, { owner: user_key, times: (held.get(digest)?.times ?? 0) + 1 });
      let released = false;
      return () => {
        if (!released) release(digest);
        released = true;
      };
    },

    // What was recorded is a fact, whatever the limit says: that is for `claim` alone.
    apply(event: StoredEvent) {
      if (event.type !== "credential.issued" || !event.token_use) return;
      const { digest, exp } = event.token_use;
      add(digest, event.own_key ? event.user_public_key : undefined, exp);
    },

    *checkpoint(now_s) {
      for (const [digest, { owner, exp }] of used) {
        if (isLive(exp, now_s)) yield [digest, owner ?? null, exp];
        else used.delete(digest);
      }
    },

    restore(entries) {
      for (const entry of entries) {
        const [digest, owner, exp] = Array.isArray(entry) ? entry : [];
        const known = owner === null || typeof owner === "string";
        if (typeof digest !== "string" || !known || typeof exp !== "number")
          throw new Error("an entry of used_tokens is not [digest, user key or null, exp]");
        add(digest, owner ?? undefined, exp);
      }
    },
  };
}
