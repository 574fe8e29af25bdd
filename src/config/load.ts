import { dirname, resolve } from "node:path";
import { addressOf } from "./address.ts";
import type { Address, Config, HeadsConfig, Limits } from "./config.ts";
import { readDraft } from "./document.ts";
import {
  type Environment,
  type FromEnvironment,
  inEnvironment,
  readEnvironment,
  variable,
} from "./environment.ts";
import { type Fault, FaultError, type Path } from "./fault.ts";
import { inspect } from "./inspect.ts";
import { issuerOf } from "./issuer.ts";
import { ConfigFile } from "./schema.ts";
import { bucket, seconds } from "./units.ts";

/** A configuration and the means to say where in its file something stands. */
export interface LoadedConfig {
  readonly config: Config;
  fault(path: Path, message: string): Fault;
}

/** A configuration as far as it goes. */
export interface ReadConfig {
  readonly faults: readonly Fault[];
  /**
   * Not to be used where there are faults, except to look for more of them in the files that it
   * names. Undefined where too much is wrong even for that.
   */
  readonly loaded: LoadedConfig | undefined;
}

/**
 * Reads the configuration: defaults filled in, units converted, paths made absolute.
 *
 * @param file absolute path of the file, for faults and for the paths in it
 * @throws {@link FaultError} with every fault and its position
 */
export function parseConfig(
  source: string | Uint8Array,
  file: string,
  env: Environment = {},
): LoadedConfig {
  const { faults, loaded } = readConfig(source, file, env);
  if (faults.length > 0 || !loaded) throw new FaultError(faults);
  return loaded;
}

/**
 * The same, but hands out its faults, for those who have more to look at.
 *
 * @throws {@link FaultError} where the file cannot be read as YAML at all
 */
export function readConfig(
  source: string | Uint8Array,
  file: string,
  env: Environment,
): ReadConfig {
  const environment = readEnvironment(env);
  const { over } = environment;
  const draft = readDraft(source, file, ConfigFile);
  const fault = (path: Path, message: string): Fault => {
    const [key = ""] = path;
    return key in over ? inEnvironment(variable(String(key)), message) : draft.fault(path, message);
  };
  const faults = [...environment.faults, ...draft.faults];
  inspect({ ...draft.value, ...over }, draft.has, (path, message) => {
    faults.push(fault(path, message));
  });
  const { usable } = draft;
  const config = usable && build({ ...usable, ...over }, file, environment);
  return { faults, loaded: config && { config, fault } };
}

function build(read: ConfigFile, file: string, { log_level }: FromEnvironment): Config {
  const below: Below = (path) => resolve(dirname(file), path);
  const address = (text: string): Address => addressOf(text) ?? { host: "127.0.0.1", port: 0 };
  return {
    file,
    listen: address(read.listen),
    admin_listen: address(read.admin_listen),
    metrics_listen: address(read.metrics_listen),
    ...tlsOf(read, below),
    ...(read.admin_audience !== undefined && { admin_audience: read.admin_audience }),
    public_url: read.public_url ?? `${read.tls ? "https" : "http"}://${read.listen}`,
    dpop: read.dpop,
    docs: read.docs,
    trusted_proxies: read.trusted_proxies,
    default_ttl_s: seconds(read.default_ttl),
    max_ttl_s: seconds(read.max_ttl),
    clock_skew_s: seconds(read.clock_skew),
    issuers: read.issuers.map((issuer) => issuerOf(issuer, below)),
    ...policiesOf(read.policy, below),
    on_narrow: read.on_narrow,
    explain: read.explain,
    reload_every_s: seconds(read.reload_every),
    accounts: read.accounts.map((account) => ({
      name: account.name,
      public_key: account.public_key,
      signing_keys: account.signing_keys.map(({ file, scoped }) => ({ file: below(file), scoped })),
      servers: account.servers ?? read.servers,
    })),
    journal:
      read.journal === "stdout"
        ? "stdout"
        : {
            dir: below(read.journal.dir),
            writer: read.journal.writer,
            keep_s: seconds(read.journal.keep),
            heads: headsOf(read.journal.heads, below),
          },
    limits: limitsOf(read.limits),
    log_level,
  };
}

type Below = (path: string) => string;

function tlsOf(read: ConfigFile, below: Below): Pick<Config, "tls" | "admin_tls" | "metrics_tls"> {
  const each = (["tls", "admin_tls", "metrics_tls"] as const).flatMap((key) => {
    const tls = read[key];
    const paths = tls && Object.entries(tls).map(([name, path]) => [name, below(path)]);
    return paths ? [[key, Object.fromEntries(paths)]] : [];
  });
  return Object.fromEntries(each);
}

function policiesOf(
  policy: ConfigFile["policy"],
  below: Below,
): Pick<Config, "policy_file" | "audit_policy_file"> {
  if (typeof policy === "string") return { policy_file: below(policy) };
  const file = (wanted: string) => policy.find(({ mode }) => mode === wanted)?.file;
  const audit = file("audit");
  return {
    // Without one that is enforced there is a fault: then the other one is looked at for more.
    policy_file: below(file("enforce") ?? audit ?? ""),
    ...(audit !== undefined && { audit_policy_file: below(audit) }),
  };
}

type HeadsFile = Exclude<ConfigFile["journal"], "stdout">["heads"];

function headsOf({ every, file, url, key_file }: HeadsFile, below: Below): HeadsConfig {
  return {
    every_s: seconds(every),
    ...(file !== undefined && { file: below(file) }),
    ...(url !== undefined && { url }),
    ...(key_file !== undefined && { key_file: below(key_file) }),
  };
}

function limitsOf(limits: ConfigFile["limits"]): Limits {
  return {
    body_bytes: limits.body_bytes,
    header_bytes: limits.header_bytes,
    token_bytes: limits.token_bytes,
    connections: limits.connections,
    in_flight: limits.in_flight,
    request_timeout_s: seconds(limits.request_timeout),
    shutdown_grace_s: seconds(limits.shutdown_grace),
    shutdown_delay_s: seconds(limits.shutdown_delay),
    rate_per_address: bucket(limits.rate_per_address),
    rate_per_identity: bucket(limits.rate_per_identity),
    rate_keys: limits.rate_keys,
    journal_unverified: bucket(limits.journal_unverified),
  };
}
