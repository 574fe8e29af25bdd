import { join, resolve } from "node:path";
import type { Files, Loaded } from "../app/index.ts";
import {
  type Fault,
  FaultError,
  type LoadedConfig,
  type ReadConfig,
  readConfig,
  readSeen,
  type See,
  type Seen,
} from "../config/index.ts";
import { lockFault } from "../journal/index.ts";
import { loadKeyRing } from "../keys/index.ts";
import { loadCertificates } from "../tls/index.ts";
import type { Args, Io } from "./command.ts";
import { faultsOf, policyContext, readPolicies } from "./load-policy.ts";

/** Where the configuration is when nothing is said. */
export const CONFIG_FILE = "nats-sts.yaml";

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
 * Reads everything that the operator wrote: configuration, keys, policy, certificates.
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
    readPolicies(loaded, policyContext(loaded.config, keys), env, see),
  ]);
  const [certificates] = await Promise.allSettled([loadCertificates(loaded, owner, see)]);
  const every = [
    ...faults,
    ...journalFaults(loaded),
    ...[ring, policy, certificates].flatMap(faultsOf),
  ];
  if (every.length > 0) throw new FaultError(every);
  return {
    ...loaded,
    ring: fulfilled(ring),
    ...fulfilled(policy),
    certificates: fulfilled(certificates),
  };
}

/** What of the journal shows before it is opened. */
function journalFaults({ config, fault }: LoadedConfig): Fault[] {
  if (config.journal === "stdout") return [];
  const long = lockFault(join(config.journal.dir, config.journal.writer));
  return long === undefined
    ? []
    : [fault(["journal", "dir"], `with the writer and its lock ${long}`)];
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
  const named = values["config"] ?? (env["NATS_STS_CONFIG"] || CONFIG_FILE);
  const file = resolve(cwd, String(named));
  const bytes = await readSeen(file, see);
  if ("fault" in bytes) {
    const make = bytes.fault.includes("ENOENT") ? ", or make one: nats-sts init" : "";
    const message = `${bytes.fault}: name the configuration with --config or NATS_STS_CONFIG${make}`;
    throw new FaultError([{ file, line: 1, col: 1, message }]);
  }
  return readConfig(bytes, file, env);
}

function fulfilled<T>(result: PromiseSettledResult<T>): T {
  if (result.status === "fulfilled") return result.value;
  throw result.reason;
}
