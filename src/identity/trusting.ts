import { request } from "node:https";
import { Readable } from "node:stream";
import type { Fetch } from "./fetch.ts";

/**
 * A fetch that trusts one set of certificates in place of the usual ones, for providers with a
 * private CA: `globalThis.fetch` cannot be told. It takes no answer but 200, and needs a `signal` to end.
 *
 * @param ca PEM
 */
export function fetchTrusting(ca: string): Fetch {
  return (url, { headers, signal }) =>
    new Promise((resolve, reject) => {
      const options = {
        ca,
        headers: Object.fromEntries(new Headers(headers)),
        ...(signal && { signal }),
        agent: false as const,
      };
      const sent = request(url, options, (incoming) => {
        const { statusCode: status } = incoming;
        // Nothing else is of use to us, and Response throws on statuses that have no body.
        if (status !== 200) {
          incoming.destroy();
          return reject(new Error(`the provider answers ${status}`));
        }
        const { date = "", "content-type": type = "" } = incoming.headers;
        const headers = { date, "content-type": type };
        // `as`: Node declares its web streams apart from those of the platform.
        const body = Readable.toWeb(incoming) as ReadableStream<Uint8Array>;
        resolve(new Response(body, { status, headers }));
      });
      sent.on("error", reject).end();
    });
}
