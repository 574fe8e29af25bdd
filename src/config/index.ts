/**
 * What the operator wrote. Reads the configuration strictly and says where each fault stands.
 *
 * Promises: every fault at once, with file, line and column; unknown keys are faults; nothing is
 * repaired. May touch: the files that the configuration names.
 */
export type {
  AccountConfig,
  Address,
  Config,
  IssuerConfig,
  KeysConfig,
  Limits,
} from "./config.ts";
export { type Document, type Fault, FaultError, type Path, readDocument } from "./document.ts";
export { isLoopback } from "./issuer.ts";
export { ISSUER_FORMS, type IssuerForm, PRESET_NAMES, type PresetName } from "./issuer-forms.ts";
export { ALGORITHMS, type Algorithm } from "./issuer-schema.ts";
export { type Environment, type LoadedConfig, parseConfig } from "./load.ts";
export { suggestion } from "./say.ts";
export { type Bucket, bucket, Duration, Rate, seconds } from "./units.ts";
