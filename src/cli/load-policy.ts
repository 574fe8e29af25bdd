import { basename, dirname, join } from "node:path";
import type { Loaded } from "../app/index.ts";
import {
  type Config,
  type Fault,
  FaultError,
  gitRevision,
  isRevision,
  type LoadedConfig,
  readSeen,
  type See,
} from "../config/index.ts";
import type { KeyRing } from "../keys/index.ts";
import {
  includesOf,
  loadPolicy,
  openPolicy,
  type PolicyContext,
  type PolicySource,
} from "../policy/index.ts";
import type { Io } from "./command.ts";

/**
 * Reads the policies that the configuration names, and the files that they include.
 *
 * @throws FaultError with every fault and its position
 */
export async function readPolicies(
  loaded: LoadedConfig,
  context: PolicyContext,
  env: Io["env"],
  see: See = () => {},
): Promise<Pick<Loaded, "policy" | "openPolicy" | "audit">> {
  const { policy_file, audit_policy_file: tried } = loaded.config;
  const [enforced, audited] = await Promise.allSettled([
    readPolicy(policy_file, loaded, context, env, see),
    tried === undefined ? undefined : readPolicy(tried, loaded, context, env, see),
  ]);
  if (enforced.status === "fulfilled" && audited.status === "fulfilled")
    return { ...enforced.value, ...(audited.value && { audit: audited.value.policy }) };
  throw new FaultError([...faultsOf(enforced), ...faultsOf(audited)]);
}

/** What is wrong with something that was read beside others; throws what is no fault of a file. */
export function faultsOf(result: PromiseSettledResult<unknown>): readonly Fault[] {
  if (result.status === "fulfilled") return [];
  if (result.reason instanceof FaultError) return result.reason.faults;
  throw result.reason;
}

async function readPolicy(
  file: string,
  { fault }: LoadedConfig,
  context: PolicyContext,
  env: Io["env"],
  see: See,
): Promise<Pick<Loaded, "policy" | "openPolicy">> {
  const bytes = await readSeen(file, see);
  if ("fault" in bytes) throw new FaultError([fault(["policy"], `${file} ${bytes.fault}`)]);
  try {
    // The digest covers the path, so it must not depend on where the policy is installed.
    const root = { path: basename(file), bytes };
    const included = await Promise.all(
      includesOf(root).map((path) => readIncluded(file, path, see)),
    );
    const sources = [root, ...included.flat()];
    const revision = await revisionOf(file, env);
    return {
      policy: { ...loadPolicy(sources, context), ...(revision !== undefined && { revision }) },
      openPolicy: () => openPolicy(sources, context),
    };
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    throw new FaultError(
      error.faults.map((each) => ({ ...each, file: join(dirname(file), each.file) })),
    );
  }
}

/** Where git does not know, who put the file there may: an image or a mounted volume has no repository. */
async function revisionOf(file: string, env: Io["env"]): Promise<string | undefined> {
  const said = env["NATS_STS_POLICY_REVISION"];
  return (await gitRevision(file)) ?? (said !== undefined && isRevision(said) ? said : undefined);
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
