import { request } from "node:https";
import { Readable } from "node:stream";
import type { Fetch } from "./fetch.ts";

/**
 * A fetch that trusts one set of certificates in place of the usual ones, for providers with a
 * private CA: `globalThis.fetch` cannot be told. Of any answer but 200 it gives the status alone, and it
 * needs a `signal` to end.
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
        if (status !== 200) {
          incoming.destroy();
          return resolve(without(status));
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

/** No other answer is of use to us. Response throws on a body beside some statuses, and on those that are none. */
const without = (status = 0) =>
  new Response(null, { status: status > 200 && status < 600 ? status : 502 });
