import type { IssuerConfig } from "../config/index.ts";
import { fetchKeys } from "./discovery.ts";
import { type Fetch, limited } from "./fetch.ts";
import { type KeySet, keySet } from "./jwks.ts";
import { PRESETS, type Preset } from "./presets.ts";

/** An issuer that is trusted, with the means to check its signatures. */
export interface Issuer extends IssuerConfig {
  readonly rules: Preset;
  readonly keys: KeySet;
}

/** The configured issuers by their exact `iss`. */
export type Issuers = ReadonlyMap<string, Issuer>;

/** Makes the issuers ready; their keys are fetched when they are first needed. */
export function trustedIssuers(
  configs: readonly IssuerConfig[],
  fetch: Fetch,
  now_s: () => number,
): Issuers {
  const get = limited(fetch);
  return new Map(
    configs.map((config) => [
      config.url,
      {
        ...config,
        rules: PRESETS[config.preset],
        keys: keySet(config.name, () => fetchKeys(config, get), now_s),
      },
    ]),
  );
}
