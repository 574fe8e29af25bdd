/**
 * What the operator wrote. Reads the configuration strictly and says where each fault stands.
 *
 * Promises: every fault at once, with file, line and column; unknown keys are faults; nothing is
 * repaired. May touch: the files and folders that the configuration names.
 */
export { isLoopback, webUrl } from "./address.ts";
export type {
  AccountConfig,
  Address,
  Config,
  HeadsConfig,
  IntrospectionConfig,
  IssuerConfig,
  Limits,
  TlsConfig,
  Validation,
} from "./config.ts";
export { type Document, readDocument, readDraft } from "./document.ts";
export type { Environment } from "./environment.ts";
export { type Fault, FaultError, type Path } from "./fault.ts";
export {
  fieldSections,
  kindOf,
  type Part,
  type Shown,
  schemaAt,
  shownOf,
  table,
} from "./fields-page.ts";
export { readWritten } from "./file.ts";
export { makeFolders } from "./folders.ts";
export { ISSUER_FORMS, PRESET_NAMES, type PresetName, WITHOUT } from "./issuer-forms.ts";
export type { Algorithm } from "./issuer-schema.ts";
export { LISTENERS, type ListenerName, TLS_OF } from "./listeners.ts";
export { type LoadedConfig, parseConfig, type ReadConfig, readConfig } from "./load.ts";
export { configPage } from "./page.ts";
export { gitRevision, isRevision } from "./revision.ts";
export { nearest, suggestion } from "./say.ts";
export { ConfigFile } from "./schema.ts";
export { changedSince, readSeen, type See, type Seen, seeSecret } from "./seen.ts";
export { type Bucket, bucket, Duration, seconds } from "./units.ts";
