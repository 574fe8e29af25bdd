import { isDeepStrictEqual } from "node:util";
import type { IssuerConfig } from "../config/index.ts";
import { StsError } from "../errors.ts";
import { type Issuers, trustedIssuers } from "../identity/index.ts";
import type { World } from "../line/index.ts";
import { type Admission, admissionBy, checkClock } from "./admission.ts";
import type { Loaded } from "./effects.ts";
import { recording } from "./recording.ts";
import type { Standing } from "./standing.ts";
import { trialOf } from "./trial.ts";

/** What one load of the files makes. It is never changed, only replaced as a whole. */
export interface InForce {
  readonly loaded: Loaded;
  readonly issuers: Issuers;
  readonly admissions: Readonly<Record<"address" | "identity", Admission>>;
  readonly world: World;
  /** Unix seconds. */
  readonly since_s: number;
  /** Lets an exchange see this until its end. */
  run<T>(work: (world: World) => Promise<T>): Promise<T>;
  /** Resolves when no exchange that sees this is under way. */
  idle(): Promise<void>;
}

/**
 * Makes what was loaded ready to be put in force. Issuers that did not change keep their keys, and
 * rates that did not change keep their counts.
 */
export function inForce(loaded: Loaded, standing: Standing, before?: InForce): InForce {
  const { config, policy } = loaded;
  const { effects, journal, user_keys, used_tokens, used_proofs, proof_nonces, now_s, timed } =
    standing;
  const issuers = trustedIssuers(config.issuers, effects.fetch, now_s, {
    before: unchangedIn(before),
    keeping: effects.owner,
  });
  const admissions = admissionsOf(loaded, standing, before);
  const world: World = {
    now_s,
    timed,
    ...recording(standing),
    checkClock: () => checkClock(effects.now_ms(), journal.stats().last_at_ms),
    checkIssuer: (url) => standing.trust.check(url, issuers),
    admit: admissions.identity.admit,
    verifier: {
      issuers,
      token_limit_bytes: config.limits.token_bytes,
      clock_skew_s: config.clock_skew_s,
      proofs: used_proofs,
      ...(config.dpop.nonce === "required" && { nonces: proof_nonces }),
    },
    public_url: config.public_url,
    policy,
    trial: trialOf(loaded, standing),
    account: accountsOf(loaded),
    // A key of a caller stays its own for this long after the last credential for it.
    claimUserKey: (key, digest, expires_at) =>
      user_keys.claim(key, digest, expires_at + config.max_ttl_s, now_s()),
    claimToken: (use, user_key) => (use ? used_tokens.claim(use, user_key, now_s()) : () => {}),
  };
  return { loaded, issuers, admissions, world, since_s: now_s(), ...users(world) };
}

/** Keeps count of who sees this world. */
function users(world: World): Pick<InForce, "run" | "idle"> {
  let count = 0;
  const waiting: (() => void)[] = [];
  return {
    async run(work) {
      count++;
      try {
        return await work(world);
      } finally {
        if (--count === 0) for (const go of waiting.splice(0)) go();
      }
    },
    idle: () => (count === 0 ? Promise.resolve() : new Promise((go) => void waiting.push(go))),
  };
}

/** Finds the issuer of before whose configuration is the same. */
const unchangedIn = (before: InForce | undefined) => (config: IssuerConfig) => {
  const old = before?.loaded.config.issuers.find(({ url }) => url === config.url);
  return isDeepStrictEqual(old, config) ? before?.issuers.get(config.url) : undefined;
};

function admissionsOf(
  { config: { limits } }: Loaded,
  { metrics }: Standing,
  before: InForce | undefined,
): InForce["admissions"] {
  const admission = (by: "address" | "identity") => {
    const rate = limits[`rate_per_${by}`];
    const old = before?.loaded.config.limits;
    const same =
      old?.rate_keys === limits.rate_keys && isDeepStrictEqual(old[`rate_per_${by}`], rate);
    if (before && same) return before.admissions[by];
    // Not the clock: one that is set must neither refuse anybody nor forgive.
    return admissionBy(by, rate, limits.rate_keys, metrics, () => performance.now());
  };
  return { address: admission("address"), identity: admission("identity") };
}

function accountsOf({ config, ring }: Loaded): World["account"] {
  const public_keys = new Map(config.accounts.map(({ name, public_key }) => [name, public_key]));
  return (name, scoped_key) => {
    const public_key = public_keys.get(name);
    const signer = scoped_key === undefined ? ring.active(name) : ring.scoped(name, scoped_key);
    if (public_key === undefined || !signer)
      throw new StsError("signer_unavailable", { account: name });
    return { public_key, signer };
  };
}
