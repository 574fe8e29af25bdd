/**
 * The other side: what a program, a job or a sidecar does to get a credential and to keep it fresh.
 *
 * Promises: the user key is made here and its seed never leaves; no token in arguments, logs or
 * errors; a token goes to the URL that was given and nowhere else; a creds file is replaced whole,
 * by something that was checked, or not at all. May touch: the network, the clock and the timers
 * that are handed in, the creds file and the token's source that are named to it.
 */
export { ClientError, type Told, wordsOf } from "./client-error.ts";
export { type Held, proveWritable, readCreds, writeCreds } from "./creds-file.ts";
export { type ClientEffects, systemEffects } from "./effects.ts";
export {
  type CredentialOptions,
  type FetchedCredential,
  fetchCredential,
} from "./fetch-credential.ts";
export { type CredentialFetcher, credentialFetcher, type FetcherOptions } from "./fetcher.ts";
export { type FreshEvent, heldOf, type KeepFresh, keepFresh, renewIfDue } from "./keep-fresh.ts";
export { serviceUrl } from "./service-url.ts";
export { tokenFromCommand } from "./token-command.ts";
export { type TokenSource, tokenFromEnv, tokenFromFile, tokenFromStream } from "./token-source.ts";
