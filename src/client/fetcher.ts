import { type ClientEffects, systemEffects } from "./effects.ts";
import {
  type CredentialOptions,
  type FetchedCredential,
  fetchCredential,
} from "./fetch-credential.ts";
import { type FreshEvent, heldOf, keepFresh } from "./keep-fresh.ts";

/** A credential in memory that is always the newest. */
export interface CredentialFetcher {
  /** The newest credential. Its user key and inbox prefix stay as long as the identity does. */
  current(): FetchedCredential;
  /** Stops renewing. */
  close(): Promise<void>;
}

/** What a program may want to say besides what it asks for. */
export interface FetcherOptions extends CredentialOptions {
  /** Told of each renewal and each failure; the old credential stays while renewals fail. */
  readonly tell?: (event: FreshEvent) => void;
}

/**
 * Gets a credential and keeps it fresh in memory, for programs that need no file. NATS clients ask
 * for JWT and seed one after the other, which is safe because the key stays the same:
 *
 * @example
 * const sts = await credentialFetcher({ url, token: () => readFile(tokenFile, "utf8") });
 * const { servers, inbox_prefix } = sts.current();
 * const seed = () => new TextEncoder().encode(sts.current().seed);
 * const authenticator = jwtAuthenticator(() => sts.current().jwt, seed);
 * const nc = await connect({ servers, inboxPrefix: inbox_prefix, authenticator });
 *
 * @throws ClientError when there is no first credential
 */
export async function credentialFetcher(
  { tell = () => {}, ...options }: FetcherOptions,
  effects: ClientEffects = systemEffects(),
): Promise<CredentialFetcher> {
  const stop = new AbortController();
  const from_ms = effects.now_ms();
  let current = await fetchCredential(options, effects);
  const running = keepFresh(
    options,
    {
      held: heldOf(current, from_ms),
      take: async (credential) => {
        current = credential;
      },
      tell,
      stop: stop.signal,
    },
    effects,
  );
  return {
    current: () => current,
    async close() {
      stop.abort();
      await running;
    },
  };
}
