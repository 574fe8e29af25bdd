import { isIP } from "node:net";
import { dirname, resolve } from "node:path";
import type { Address, Config, Limits } from "./config.ts";
import { type Document, type Fault, FaultError, type Path, readDocument } from "./document.ts";
import { isLoopback, issuerFaults, issuerOf, webUrl } from "./issuer.ts";
import { ConfigFile } from "./schema.ts";
import { bucket, seconds } from "./units.ts";

/** A configuration and the means to say where in its file something stands. */
export interface LoadedConfig {
  readonly config: Config;
  fault(path: Path, message: string): Fault;
}

/** Environment variables that stand above the file. */
export type Environment = Readonly<Record<string, string | undefined>>;

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

/**
 * Reads the configuration: defaults filled in, units converted, paths made absolute.
 *
 * @param file absolute path of the file, for faults and for the paths in it
 * @throws {@link FaultError} with every fault and its position
 */
export function parseConfig(text: string, file: string, env: Environment = {}): LoadedConfig {
  const document = readDocument(text, file, ConfigFile);
  const faults: Fault[] = [];
  const read = overlay(document, env, faults);
  const config = build(read, file, env, (path, message) => {
    faults.push(document.fault(path, message));
  });
  if (faults.length > 0) throw new FaultError(faults);
  return { config, fault: document.fault };
}

/** The file with the environment laid over it; what the environment says wrong is a fault of its own. */
function overlay(document: Document<ConfigFile>, env: Environment, faults: Fault[]): ConfigFile {
  const over: Record<string, unknown> = {};
  for (const key of ["listen", "admin_listen", "metrics_listen", "public_url"] as const) {
    const value = env[`NATS_STS_${key.toUpperCase()}`];
    if (value === undefined || value === "") continue;
    if (key === "public_url" || addressOf(value)) over[key] = value;
    else faults.push(inEnvironment(`NATS_STS_${key.toUpperCase()}`, "must be HOST:PORT"));
  }
  const servers = env["NATS_STS_SERVERS"];
  if (servers) over["servers"] = servers.split(",").map((url) => url.trim());
  const level = env["NATS_STS_LOG_LEVEL"];
  if (level && !LOG_LEVELS.includes(level)) {
    faults.push(inEnvironment("NATS_STS_LOG_LEVEL", `must be one of ${LOG_LEVELS.join(", ")}`));
  }
  return { ...document.value, ...over };
}

const inEnvironment = (file: string, message: string): Fault => ({
  file,
  line: 1,
  col: 1,
  message,
});

function build(
  read: ConfigFile,
  file: string,
  env: Environment,
  fault: (path: Path, message: string) => void,
): Config {
  const below = (path: string) => resolve(dirname(file), path);
  const address = (key: "listen" | "admin_listen" | "metrics_listen"): Address => {
    const parsed = addressOf(read[key]);
    if (!parsed) fault([key], "must be HOST:PORT with a port up to 65535");
    return parsed ?? { host: "127.0.0.1", port: 0 };
  };
  const config: Config = {
    file,
    listen: address("listen"),
    admin_listen: address("admin_listen"),
    metrics_listen: address("metrics_listen"),
    public_url: read.public_url ?? `http://${read.listen}`,
    trusted_proxies: read.trusted_proxies,
    default_ttl_s: seconds(read.default_ttl),
    max_ttl_s: seconds(read.max_ttl),
    clock_skew_s: seconds(read.clock_skew),
    issuers: read.issuers.map((issuer) => issuerOf(issuer, below)),
    policy_file: below(read.policy),
    accounts: read.accounts.map((account) => ({
      name: account.name,
      public_key: account.public_key,
      signing_key_files: account.signing_keys.map((key) => below(key.file)),
      servers: account.servers ?? read.servers,
    })),
    journal:
      read.journal === "stdout"
        ? "stdout"
        : {
            dir: below(read.journal.dir),
            writer: read.journal.writer,
            keep_s: seconds(read.journal.keep),
          },
    limits: limitsOf(read.limits),
    log_level: env["NATS_STS_LOG_LEVEL"] || "info",
  };
  inspect(config, read, fault);
  return config;
}

/** What a schema cannot say: how values have to fit each other, and what is refused for safety. */
function inspect(
  config: Config,
  read: ConfigFile,
  fault: (path: Path, message: string) => void,
): void {
  const open = read.plaintext || config.trusted_proxies.length > 0;
  if (!isLoopback(config.listen.host) && !open) {
    fault(
      ["listen"],
      "listens beyond loopback in plain text: set trusted_proxies to the proxy that ends TLS, or plaintext: true behind a mesh",
    );
  }
  if (
    read.public_url === undefined &&
    (!isLoopback(config.listen.host) || config.listen.port === 0)
  ) {
    fault(["listen"], "needs public_url: the URL by which callers know this service");
  }
  const url = webUrl(config.public_url);
  if (!url) fault(["public_url"], "must be an http or https URL without query and fragment");
  else if (config.public_url.endsWith("/")) fault(["public_url"], "must not end with a slash");
  if (config.max_ttl_s < config.default_ttl_s)
    fault(["default_ttl"], "must not be longer than max_ttl");
  config.trusted_proxies.forEach((cidr, i) => {
    if (!isNetwork(cidr))
      fault(["trusted_proxies", i], "must be a network in CIDR form, such as 10.0.0.0/8");
  });
  config.issuers.forEach((issuer, i) => {
    for (const [at, message] of issuerFaults(issuer)) fault(["issuers", i, ...at], message);
    duplicates(config.issuers, i, "name", () =>
      fault(["issuers", i, "name"], "this name is taken by an issuer above"),
    );
    duplicates(config.issuers, i, "url", () =>
      fault(["issuers", i, "url"], "this issuer stands above already"),
    );
  });
  config.accounts.forEach((_, i) => {
    duplicates(config.accounts, i, "name", () =>
      fault(["accounts", i, "name"], "this name is taken by an account above"),
    );
    duplicates(config.accounts, i, "public_key", () =>
      fault(["accounts", i, "public_key"], "this account stands above already, under another name"),
    );
  });
}

function duplicates<T>(list: readonly T[], i: number, key: keyof T, found: () => void): void {
  if (list.findIndex((other) => other[key] === list[i]?.[key]) < i) found();
}

function isNetwork(text: string): boolean {
  const [address = "", bits = "", ...rest] = text.split("/");
  const family = isIP(address);
  return (
    rest.length === 0 &&
    family > 0 &&
    /^\d{1,3}$/.test(bits) &&
    Number(bits) <= (family === 4 ? 32 : 128)
  );
}

function addressOf(text: string): Address | undefined {
  const at = text.lastIndexOf(":");
  const port = Number(text.slice(at + 1));
  const host = text.slice(0, at).replace(/^\[|\]$/g, "");
  return at > 0 && host !== "" && Number.isInteger(port) && port <= 65_535
    ? { host, port }
    : undefined;
}

function limitsOf(limits: ConfigFile["limits"]): Limits {
  return {
    body_bytes: limits.body_bytes,
    header_bytes: limits.header_bytes,
    token_bytes: limits.token_bytes,
    request_timeout_s: seconds(limits.request_timeout),
    shutdown_grace_s: seconds(limits.shutdown_grace),
    rate_per_address: bucket(limits.rate_per_address),
    rate_per_identity: bucket(limits.rate_per_identity),
    rate_keys: limits.rate_keys,
    journal_unverified: bucket(limits.journal_unverified),
  };
}
