/**
 * The library door: what other programs may build on.
 *
 * Promises: only what stands here is kept stable between minor versions. It re-exports and does
 * nothing else.
 */
export { type App, type Effects, type Loaded, startApp } from "./app/index.ts";
export {
  type ClientEffects,
  ClientError,
  type CredentialFetcher,
  type CredentialOptions,
  credentialFetcher,
  type FetchedCredential,
  type FetcherOptions,
  type FreshEvent,
  fetchCredential,
  type Held,
  type KeepFresh,
  keepFresh,
  systemEffects,
  type TokenSource,
  type Told,
  tokenFromCommand,
  tokenFromEnv,
  tokenFromFile,
} from "./client/index.ts";
export { type Config, FaultError, parseConfig } from "./config/index.ts";
export { ERRORS, type ErrorCode, StsError } from "./errors.ts";
export { exchange } from "./exchange.ts";
export { loadKeyRing, proofText } from "./keys/index.ts";
export type { Ask, World } from "./line/index.ts";
export { decide, loadPolicy } from "./policy/index.ts";
