import { open } from "node:fs/promises";
import type { Environment } from "../config/index.ts";
import { ClientError, wordsOf } from "./client-error.ts";

/**
 * Where the identity provider's token comes from. Asked before each credential, because tokens
 * expire too. Gives up when the signal is given.
 */
export type TokenSource = (stop: AbortSignal) => Promise<string>;

/** No identity provider's token is larger; a wrong file, such as a disk image, is. */
const TOKEN_LIMIT_BYTES = 32 * 1024;

/**
 * A token without the line break that files and commands end with. Not a word of it is repeated in
 * what is said about it.
 *
 * @throws ClientError for anything that cannot be a bearer token (RFC 6750 §2.1)
 */
export function usable(text: string, what: string): string {
  const token = text.replace(/[\r\n]+$/, "");
  if (token === "") throw new ClientError(`${what} is empty`);
  if (token.length > TOKEN_LIMIT_BYTES) throw oversized(what);
  if (!/^[A-Za-z0-9._~+/-]+=*$/.test(token))
    throw new ClientError(`${what} is not a token alone: it has blanks or other characters in it`);
  return token;
}

/** A file, read anew each time: Kubernetes and others replace it before the token expires. */
export function tokenFromFile(file: string): TokenSource {
  const what = `the token in ${file}`;
  return async () => {
    try {
      const handle = await open(file);
      return usable(await textOf(handle.createReadStream(), what), what);
    } catch (error) {
      if (error instanceof ClientError) throw error;
      throw new ClientError(`${what} cannot be read (${wordsOf(error)})`);
    }
  };
}

/** A variable of the environment. */
export function tokenFromEnv(env: Environment, name: string): TokenSource {
  return async () => {
    const text = env[name];
    if (text !== undefined) return usable(text, `the token in ${name}`);
    throw new ClientError(
      `there is no token: ${name} is not set; set it, or use --token-file, --token-env or --token-command`,
    );
  };
}

/** A stream such as standard input, which is read once: a second call gives the same token. */
export function tokenFromStream(stream: () => AsyncIterable<Uint8Array>): TokenSource {
  const what = "the token on standard input";
  let read: Promise<string> | undefined;
  return () => {
    read ??= textOf(stream(), what).then((text) => usable(text, what));
    return read;
  };
}

/**
 * The text of a stream that must not be larger than a token may be.
 *
 * @throws ClientError
 */
export async function textOf(stream: AsyncIterable<Uint8Array>, what: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop by an error closes the stream.
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > TOKEN_LIMIT_BYTES) throw oversized(what);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const oversized = (what: string) =>
  new ClientError(`${what} is larger than ${TOKEN_LIMIT_BYTES} bytes`);
