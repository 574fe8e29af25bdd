import { basename, dirname, join, resolve } from "node:path";
import {
  type AccountConfig,
  FaultError,
  type LoadedConfig,
  readWritten,
} from "../../config/index.ts";
import type { ClaimsIssuer } from "../../identity/index.ts";
import {
  includesOf,
  issuerNamed,
  type OpenPolicy,
  openPolicy,
  type PolicySource,
} from "../../policy/index.ts";
import type { Args, Io } from "../command.ts";
import { CONFIG_OPTION, readConfigFile } from "../load.ts";
import { policyContext, readIncluded } from "../load-policy.ts";

/** The options by which every tool finds its policy. */
export const POLICY_OPTIONS = {
  ...CONFIG_OPTION,
  policy: {
    type: "string",
    short: "p",
    takes: "file",
    describe: "The policy file; without --config, the accounts and issuers are those it names",
  },
} as const;

/** The option by which a tool that is given its policies finds what surrounds them. */
export const CONFIG = {
  config: {
    ...CONFIG_OPTION.config,
    describe: "The configuration; without it, accounts and issuers are those that a policy names",
  },
} as const;

/** A policy with what is known of its surroundings. */
export interface Opened {
  readonly file: string;
  readonly open: OpenPolicy;
  readonly issuers: readonly ClaimsIssuer[];
  /** None where there is no configuration. */
  readonly accounts: readonly AccountConfig[];
  /** Whether a configuration says so. */
  readonly configured: boolean;
}

/** The configuration, where one is named or no policy is: else a policy stands by itself. */
export async function configOf(args: Pick<Args, "values">, io: Pick<Io, "env" | "cwd">) {
  if (args.values["config"] === undefined && args.values["policy"] !== undefined) return undefined;
  const { faults, loaded } = await readConfigFile(args, io);
  if (faults.length > 0 || !loaded) throw new FaultError(faults);
  return loaded;
}

/**
 * Opens the policy that the options name. No key is read: a policy is looked at where no key is.
 *
 * @throws FaultError with every fault and its position
 */
export async function openNamed(args: Args, io: Pick<Io, "env" | "cwd">): Promise<Opened> {
  const loaded = await configOf(args, io);
  const named = args.values["policy"];
  if (named !== undefined) return openFile(resolve(io.cwd, String(named)), loaded);
  if (!loaded) throw new Error("there is a configuration where no policy is named");
  return openFile(loaded.config.policy_file, loaded);
}

/** Opens a policy file and what it includes, by a configuration if there is one. */
export async function openFile(file: string, loaded?: LoadedConfig): Promise<Opened> {
  const context = loaded && policyContext(loaded.config);
  const open = await openedAt(dirname(file), async () =>
    openPolicy(await readSources(file), context),
  );
  const issuers = loaded ? loaded.config.issuers : open.context.issuers.map(issuerNamed);
  const accounts = loaded?.config.accounts ?? [];
  return { file, open, issuers, accounts, configured: loaded !== undefined };
}

/** The root file of a policy and then, in its order, those that it includes. */
async function readSources(file: string): Promise<PolicySource[]> {
  const path = basename(file);
  const bytes = await readWritten(file);
  if ("fault" in bytes)
    throw new FaultError([{ file: path, line: 1, col: 1, message: bytes.fault }]);
  const root = { path, bytes };
  const included = await Promise.all(includesOf(root).map((each) => readIncluded(file, each)));
  return [root, ...included.flat()];
}

/** Faults name files by their place below the policy; a person looks for them from elsewhere. */
async function openedAt<T>(folder: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    throw new FaultError(error.faults.map((each) => ({ ...each, file: join(folder, each.file) })));
  }
}

/** Runs the work of a tool; what is wrong with the files that it reads is told, and is wrong usage. */
export async function withFaults(
  name: string,
  io: Pick<Io, "err">,
  exit_code: number,
  work: () => Promise<number>,
): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FaultError) io.err(error.message);
    else if (error instanceof UsageError) io.err(`nats-sts ${name}: ${error.message}`);
    else throw error;
    return exit_code;
  }
}

/** What a person asked for does not make sense, in a sentence. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
