import { basename, dirname, join, resolve } from "node:path";
import type { Files, Loaded } from "../app/index.ts";
import {
  type Config,
  type Fault,
  FaultError,
  type LoadedConfig,
  type ReadConfig,
  readConfig,
  readSeen,
  type See,
  type Seen,
} from "../config/index.ts";
import { type KeyRing, loadKeyRing } from "../keys/index.ts";
import {
  includesOf,
  loadPolicy,
  openPolicy,
  type PolicyContext,
  type PolicySource,
} from "../policy/index.ts";
import type { Args, Io } from "./command.ts";

/** The option that every command with a configuration has. */
export const CONFIG_OPTION = {
  config: {
    type: "string",
    short: "c",
    takes: "file",
    describe: "The configuration file, or NATS_STS_CONFIG (default: nats-sts.yaml)",
  },
} as const;

/**
 * Reads everything that the operator wrote: configuration, keys, policy.
 *
 * @param see takes note of each file that is looked at, whether or not there is a fault in it
 * @throws FaultError with every fault of all of them; of the configuration alone where so much is
 * wrong with it that it does not say which keys and which policy
 */
export async function loadAll(
  { values }: Pick<Args, "values">,
  { env, owner, cwd }: Pick<Io, "env" | "owner" | "cwd">,
  see: See = () => {},
): Promise<Loaded> {
  const { faults, loaded } = await readConfigFile({ values }, { env, cwd }, see);
  if (!loaded) throw new FaultError(faults);
  const [ring] = await Promise.allSettled([loadKeyRing(loaded, owner, see)]);
  // Where keys have faults, those of the policy are told all the same.
  const keys = ring.status === "fulfilled" ? ring.value : undefined;
  const [policy] = await Promise.allSettled([
    readPolicy(loaded, policyContext(loaded.config, keys), see),
  ]);
  if (faults.length === 0 && ring.status === "fulfilled" && policy.status === "fulfilled")
    return { ...loaded, ring: ring.value, ...policy.value };
  throw new FaultError([...faults, ...faultsOf(ring), ...faultsOf(policy)]);
}

/** Reads everything, and says what was looked at even where there are faults. */
export async function readEverything(
  args: Pick<Args, "values">,
  io: Pick<Io, "env" | "owner" | "cwd">,
): ReturnType<Files["read"]> {
  const seen: Seen[] = [];
  try {
    return { loaded: await loadAll(args, io, (each) => void seen.push(each)), seen };
  } catch (refused) {
    return { refused, seen };
  }
}

/**
 * Reads the configuration alone, whichever file it is.
 *
 * @throws FaultError where it cannot be read at all
 */
export async function readConfigFile(
  { values }: Pick<Args, "values">,
  { env, cwd }: Pick<Io, "env" | "cwd">,
  see: See = () => {},
): Promise<ReadConfig> {
  const named = values["config"] ?? (env["NATS_STS_CONFIG"] || "nats-sts.yaml");
  const file = resolve(cwd, String(named));
  const bytes = await readSeen(file, see);
  if ("fault" in bytes) {
    const message = `${bytes.fault}: name the configuration with --config or NATS_STS_CONFIG`;
    throw new FaultError([{ file, line: 1, col: 1, message }]);
  }
  return readConfig(bytes, file, env);
}

export async function readPolicy(
  { config, fault }: LoadedConfig,
  context: PolicyContext,
  see: See = () => {},
): Promise<Pick<Loaded, "policy" | "openPolicy">> {
  const file = config.policy_file;
  const bytes = await readSeen(file, see);
  if ("fault" in bytes) throw new FaultError([fault(["policy"], `${file} ${bytes.fault}`)]);
  try {
    // The digest covers the path, so it must not depend on where the policy is installed.
    const root = { path: basename(file), bytes };
    const included = await Promise.all(
      includesOf(root).map((path) => readIncluded(file, path, see)),
    );
    const sources = [root, ...included.flat()];
    return {
      policy: loadPolicy(sources, context),
      openPolicy: () => openPolicy(sources, context),
    };
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    throw new FaultError(
      error.faults.map((each) => ({ ...each, file: join(dirname(file), each.file) })),
    );
  }
}

/** A file that the policy includes; what cannot be read is missed where the root file names it. */
export async function readIncluded(
  root: string,
  path: string,
  see: See = () => {},
): Promise<readonly PolicySource[]> {
  const bytes = await readSeen(join(dirname(root), path), see);
  return "fault" in bytes ? [] : [{ path, bytes }];
}

/**
 * What a policy can refer to under this configuration.
 *
 * @param ring absent where no key was read: then any key can be a scoped one
 */
export function policyContext(config: Config, ring?: KeyRing): PolicyContext {
  const scopedOf = (account: string) =>
    ring?.all(account).flatMap((key) => (key.state === "scoped" ? key.signer.public_key : [])) ??
    [];
  return {
    accounts: config.accounts.map(({ name }) => name),
    issuers: config.issuers.map(({ name }) => name),
    scoped_keys: ring
      ? new Map(config.accounts.map(({ name }) => [name, scopedOf(name)]))
      : "unknown",
    scoped_only: config.accounts
      .filter(({ signing_keys }) => signing_keys.every(({ scoped }) => scoped))
      .map(({ name }) => name),
    default_ttl_s: config.default_ttl_s,
    max_ttl_s: config.max_ttl_s,
  };
}

function faultsOf(result: PromiseSettledResult<unknown>): readonly Fault[] {
  if (result.status === "fulfilled") return [];
  if (result.reason instanceof FaultError) return result.reason.faults;
  throw result.reason;
}
