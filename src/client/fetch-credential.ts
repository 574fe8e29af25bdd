import { credsText } from "../credential/index.ts";
import { makeUserKey, type UserKey, userKeyProof } from "../keys/index.ts";
import { type Answer, readAnswer } from "./answer.ts";
import { ClientError } from "./client-error.ts";
import type { ClientEffects } from "./effects.ts";
import { request } from "./request.ts";
import { retrying } from "./retry.ts";
import { metadataUrl, serviceUrl } from "./service-url.ts";
import { type TokenSource, usable } from "./token-source.ts";

/** What to ask for, where, and as whom. Everything that narrows may be left out. */
export interface CredentialOptions {
  /** The URL of the service, such as `https://sts.example.com`. */
  readonly url: string;
  /**
   * The service's own `public_url`, where it is reached by another URL. It is part of the proof of
   * possession, so only whoever runs this client may say it, never the service.
   */
  readonly public_url?: string;
  /** Asked for each credential anew. */
  readonly token: TokenSource;
  readonly account?: string;
  readonly roles?: readonly string[];
  readonly publish?: readonly string[];
  readonly subscribe?: readonly string[];
  readonly ttl_s?: number;
}

/** A credential with the seed that only this process has, and the creds file made of both. */
export interface FetchedCredential extends Answer {
  /** `SU…` */
  readonly seed: string;
  /** The text of a creds file. */
  readonly creds: string;
}

const NEVER = new AbortController().signal;

/**
 * Gets a credential for a user key that is made here: its seed never leaves this process.
 *
 * @param key the user key to stay with, such as that of the credential before
 * @throws ClientError when the service refuses, or cannot be reached a few times in a row
 */
export async function fetchCredential(
  options: CredentialOptions,
  effects: ClientEffects,
  key: UserKey = makeUserKey(),
  stop: AbortSignal = NEVER,
): Promise<FetchedCredential> {
  return retrying(() => askOnce(options, effects, key, stop), effects, stop);
}

/** Like {@link fetchCredential}, for those who wait and try again themselves. */
export async function askOnce(
  options: CredentialOptions,
  effects: ClientEffects,
  key: UserKey,
  stop: AbortSignal,
): Promise<FetchedCredential> {
  const { token: source, url, public_url, ...narrowing } = options;
  const service = serviceUrl(url);
  const proven = public_url === undefined ? service : serviceUrl(public_url, "public_url");
  const token = usable(await source(stop), "the token");
  const body = {
    ...narrowing,
    user_public_key: key.public_key,
    user_key_proof: userKeyProof(key, proven, token),
  };
  const post = {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json",
    },
    body: JSON.stringify(body),
  };
  try {
    const answered = await request(`${service}/v1/credentials`, post, effects, stop);
    const answer = readAnswer(answered, key.public_key);
    const { jwt, inbox_prefix, expires_at } = answer;
    return { ...answer, seed: key.seed, creds: credsText(jwt, key.seed, inbox_prefix, expires_at) };
  } catch (error) {
    throw await withAdvice(error, service, proven, effects, stop);
  }
}

/**
 * A proof fails where a service is reached by another URL than its own. Its word on that is passed
 * on to whoever runs the client, and never used: a service that could choose what is signed could
 * collect proofs for others.
 */
async function withAdvice(
  error: unknown,
  service: string,
  proven: string,
  effects: ClientEffects,
  stop: AbortSignal,
): Promise<unknown> {
  if (!(error instanceof ClientError) || error.told.code !== "user_key_proof_invalid") return error;
  const said = await request(metadataUrl(service), {}, effects, stop).catch(() => undefined);
  const resource =
    typeof said === "object" && said && "resource" in said ? String(said.resource) : "";
  if (!/^https?:\/\/[\w.:/[\]~-]{1,200}$/.test(resource) || resource === proven) return error;
  const advice = `the service calls itself ${resource}: if that is the one you mean, say --public-url ${resource}`;
  return new ClientError(`${error.message}; ${advice}`, error.told);
}
