import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Loaded } from "../app.ts";
import { type Fault, FaultError, type LoadedConfig, parseConfig } from "../config/index.ts";
import { loadKeyRing } from "../keys/index.ts";
import { loadPolicy, type Policy } from "../policy/index.ts";
import type { Args, Io } from "./command.ts";

/** The option that every command with a configuration has. */
export const CONFIG_OPTION = {
  config: {
    type: "string",
    short: "c",
    describe: "The configuration file, or NATS_STS_CONFIG (default: nats-sts.yaml)",
  },
} as const;

/**
 * Reads everything that the operator wrote: configuration, keys, policy.
 *
 * @throws FaultError with every fault of all of them
 */
export async function loadAll(
  { values }: Args,
  { env, owner, cwd }: Pick<Io, "env" | "owner" | "cwd">,
): Promise<Loaded> {
  const file = resolve(
    cwd,
    String(values["config"] ?? (env["NATS_STS_CONFIG"] || "nats-sts.yaml")),
  );
  const loaded = parseConfig(await readText(file), file, env);
  const { config } = loaded;
  const [ring, policy] = await Promise.allSettled([loadKeyRing(loaded, owner), readPolicy(loaded)]);
  if (ring.status === "fulfilled" && policy.status === "fulfilled") {
    return { ...loaded, config, ring: ring.value, policy: policy.value };
  }
  throw new FaultError([ring, policy].flatMap(faultsOf));
}

async function readPolicy({ config, fault }: LoadedConfig): Promise<Policy> {
  const file = config.policy_file;
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new FaultError([fault(["policy"], `${file} cannot be read (${error.code})`)]);
  });
  const context = {
    accounts: config.accounts.map(({ name }) => name),
    issuers: config.issuers.map(({ name }) => name),
    default_ttl_s: config.default_ttl_s,
    max_ttl_s: config.max_ttl_s,
  };
  try {
    // The digest covers the path, so it must not depend on where the policy is installed.
    return loadPolicy([{ path: basename(file), bytes }], context);
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    throw new FaultError(
      error.faults.map((each) => ({ ...each, file: join(dirname(file), each.file) })),
    );
  }
}

async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    const message = `cannot be read (${error.code}): name the configuration with --config or NATS_STS_CONFIG`;
    throw new FaultError([{ file, line: 1, col: 1, message }]);
  });
}

function faultsOf(result: PromiseSettledResult<unknown>): readonly Fault[] {
  if (result.status === "fulfilled") return [];
  if (result.reason instanceof FaultError) return result.reason.faults;
  throw result.reason;
}
