import type { Algorithm, IssuerConfig, Validation } from "../config/index.ts";
import type { Owner } from "../keys/index.ts";
import { askIssuer } from "./ask-issuer.ts";
import { fetchKeys } from "./discovery.ts";
import type { Fetch } from "./fetch.ts";
import { type Introspector, introspector } from "./introspection.ts";
import type { KeyRules } from "./jwk.ts";
import { type KeySet, type KeyStore, keySet } from "./jwks.ts";
import { keyFolder } from "./key-folder.ts";
import type { Preset } from "./preset.ts";
import { PRESETS } from "./presets.ts";

/** An issuer that is trusted, with the means to check its signatures. */
export interface Issuer extends IssuerConfig {
  readonly rules: Preset;
  /** What the operator wrote, or else what the preset says. */
  readonly typ: readonly string[];
  readonly algorithms: readonly Algorithm[];
  readonly single_audience: boolean;
  readonly token_use: "once" | "reuse";
  readonly max_token_lifetime_s: number;
  readonly max_token_age_s: number;
  readonly validation: Validation;
  readonly keys: KeySet;
  /** Asks the issuer about a token. Absent where only signatures count. */
  readonly introspect?: Introspector["introspect"];
}

/** As much of an issuer as it takes to read an identity off its claims. */
export type Reader = Pick<Issuer, "name" | "url" | "rules">;

/** The configured issuers by their exact `iss`; trust domains by `spiffe://` and their name. */
export type Issuers = ReadonlyMap<string, Issuer>;

/**
 * Makes the issuers ready; their keys are fetched when they are first needed.
 *
 */
export function trustedIssuers(
  configs: readonly IssuerConfig[],
  fetch: Fetch,
  now_s: () => number,
  { before = () => undefined, keeping }: Trusting = {},
): Issuers {
  return new Map(
    configs.map((config) => [
      config.url,
      before(config) ?? trustedIssuer(config, fetch, now_s, keeping),
    ]),
  );
}

interface Trusting {
  /** An issuer of before that is to go on with its keys, where there is one. */
  readonly before?: (config: IssuerConfig) => Issuer | undefined;
  /** Who keeps keys in `keep_dir`, and whether they are only read; absent where nobody does. */
  readonly keeping?: Owner & { readonly read_only?: boolean };
}

/** Which published keys count. */
export function keyRulesOf({ preset, jwks }: IssuerConfig): KeyRules {
  const { thumbprints } = jwks ?? {};
  return { uses: PRESETS[preset].key_uses, ...(thumbprints && { thumbprints }) };
}

function trustedIssuer(
  config: IssuerConfig,
  fetch: Fetch,
  now_s: () => number,
  keeping: Trusting["keeping"],
): Issuer {
  const rules = PRESETS[config.preset];
  const { introspection } = config;
  const key_rules = keyRulesOf(config);
  const max_token_lifetime_s = config.max_token_lifetime_s ?? rules.max_lifetime_s;
  return {
    typ: rules.typ,
    algorithms: rules.algorithms,
    single_audience: rules.single_audience,
    token_use: rules.token_use,
    validation: "jwt",
    max_token_age_s: max_token_lifetime_s,
    ...config,
    max_token_lifetime_s,
    rules,
    ...(introspection && {
      introspect: introspector({
        issuer: config.name,
        ask: askIssuer(config, introspection, fetch, now_s),
        now_s,
      }).introspect,
    }),
    keys: keySet({
      issuer: config.name,
      fetchKeys: () => fetchKeys(config, key_rules, fetch),
      now_s,
      stale_limit_s: config.jwks?.stale_limit_s,
      store: storeOf(config, key_rules, keeping),
    }),
  };
}

function storeOf(
  config: IssuerConfig,
  rules: KeyRules,
  keeping: Trusting["keeping"],
): KeyStore | undefined {
  const { keep_dir } = config.jwks ?? {};
  if (keep_dir === undefined || !keeping) return undefined;
  const folder = keyFolder(keep_dir, config, rules, keeping);
  return keeping.read_only ? { ...folder, save: async () => {}, drop: async () => {} } : folder;
}
