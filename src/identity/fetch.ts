/** The network, as far as identity needs it. `globalThis.fetch` fits. */
export type Fetch = (url: string, options: RequestInit) => Promise<Response>;

/** A provider's answer must be here by then. */
export const FETCH_TIMEOUT_S = 5;
/** Larger answers are cut off while they come in. */
export const FETCH_LIMIT_BYTES = 1024 * 1024;

/** What ends whatever a provider is waited for. */
export const timeLimit = (): AbortSignal => AbortSignal.timeout(FETCH_TIMEOUT_S * 1000);

/** Gives up on what takes several fetches as soon as on one. */
export function inTime<T>(work: Promise<T>): Promise<T> {
  const end = timeLimit();
  const late = new Promise<never>((_, reject) => {
    end.addEventListener("abort", () => reject(end.reason), { once: true });
  });
  return Promise.race([work, late]);
}

/**
 * A fetch with limits: no redirects, a time and a size. What it returns has been read already.
 *
 * @param until ends it: one signal for several fetches, where they are waited for together
 * @throws any error of the network, or one that names the limit
 */
export function limited(
  fetch: Fetch,
  limit_bytes = FETCH_LIMIT_BYTES,
  until: () => AbortSignal = timeLimit,
): Fetch {
  return async (url, options) => {
    const signal = until();
    const response = await fetch(url, { ...options, redirect: "error", signal });
    const body = await readLimited(response, signal, limit_bytes);
    // Response throws on a body, if empty, beside some statuses.
    return new Response(body.length > 0 ? body : null, {
      status: response.status,
      headers: response.headers,
    });
  };
}

async function readLimited(
  response: Response,
  signal: AbortSignal,
  limit_bytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop by an error cancels the stream, so no more is received.
  for await (const chunk of response.body ?? []) {
    signal.throwIfAborted();
    size += chunk.length;
    if (size > limit_bytes) throw new Error(`answer is larger than ${limit_bytes} bytes`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
