import { Check, Errors } from "typebox/value";
import type { Fault } from "./fault.ts";
import { sayFault } from "./say.ts";
import { ConfigFile } from "./schema.ts";

/** Environment variables that stand above the file. */
export type Environment = Readonly<Record<string, string | undefined>>;

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

/** Settings that the environment can give. */
export const KEYS = ["listen", "admin_listen", "metrics_listen", "public_url", "servers"] as const;
type Key = (typeof KEYS)[number];

/** What the environment says, held to the same schema as the file. */
export interface FromEnvironment {
  readonly over: Partial<Pick<ConfigFile, Key>>;
  readonly log_level: string;
  readonly faults: readonly Fault[];
}

/** The variable of a setting: `listen` is `NATS_STS_LISTEN`. */
export const variable = (key: string) => `NATS_STS_${key.toUpperCase()}`;

/** A fault of a variable, which has neither lines nor columns. */
export const inEnvironment = (file: string, message: string): Fault => ({
  file,
  line: 1,
  col: 1,
  message,
});

/** Reads the environment. An empty variable is an absent one. */
export function readEnvironment(env: Environment): FromEnvironment {
  const over: Record<string, unknown> = {};
  const faults: Fault[] = [];
  for (const key of KEYS) {
    const text = env[variable(key)];
    if (!text) continue;
    const value = key === "servers" ? text.split(",").map((url) => url.trim()) : text;
    const schema = ConfigFile.properties[key];
    if (Check(schema, value)) over[key] = value;
    else {
      const [said] = sayFault([...Errors(schema, value)], schema, value);
      faults.push(inEnvironment(variable(key), said?.message ?? "does not fit"));
    }
  }
  const log_level = env[variable("log_level")] || "info";
  if (!LOG_LEVELS.includes(log_level))
    faults.push(inEnvironment(variable("log_level"), `must be one of ${LOG_LEVELS.join(", ")}`));
  return { over: over as FromEnvironment["over"], log_level, faults }; // each was checked by its schema
}
