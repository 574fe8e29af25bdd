import { StsError } from "../errors.ts";
import type { Issuers } from "../identity/index.ts";

/** Who is trusted now, for exchanges that began when it may have been others. */
export interface Trust {
  /** These are trusted from now on, and nobody else. */
  put(issuers: Issuers): void;
  /**
   * That an issuer is trusted as it was: one that a reload has removed vouches for nobody any more.
   *
   * @param then who was trusted when the exchange began
   * @throws StsError `issuer_untrusted`; `issuer_unavailable` for one that was changed meanwhile, under
   *   which the token would have to be looked at anew
   */
  check(url: string, then: Issuers): void;
}

export function trust(): Trust {
  let trusted: Issuers = new Map();
  return {
    put(issuers) {
      trusted = issuers;
    },
    check(url, then) {
      const [before, now] = [then.get(url), trusted.get(url)];
      const issuer = before?.name;
      if (!now) throw new StsError("issuer_untrusted", { issuer, reason: "was removed meanwhile" });
      if (now !== before)
        throw new StsError("issuer_unavailable", { issuer, reason: "was changed meanwhile" });
    },
  };
}
