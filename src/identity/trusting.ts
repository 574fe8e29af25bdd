import { request } from "node:https";
import { Readable } from "node:stream";
import type { IssuerConfig } from "../config/index.ts";
import { FETCH_LIMIT_BYTES, type Fetch } from "./fetch.ts";
import { readTrusted } from "./trusted-file.ts";

/** How an issuer is fetched from: by a fetch that trusts its own CA alone, where the operator names one. */
export function fetchOf({ jwks }: Pick<IssuerConfig, "jwks">, fetch: Fetch): Fetch {
  const { ca_file } = jwks ?? {};
  if (ca_file === undefined) return fetch;
  // Read anew each time: such files are replaced while we run.
  return async (url, options) =>
    fetchTrusting(await readTrusted(ca_file, FETCH_LIMIT_BYTES))(url, options);
}

/**
 * A fetch that trusts one set of certificates in place of the usual ones, for providers with a
 * private CA: `globalThis.fetch` cannot be told. Of any answer but 200 it gives the status alone, and it
 * needs a `signal` to end.
 *
 * @param ca PEM
 */
function fetchTrusting(ca: string): Fetch {
  return async (url, { method = "GET", headers, body = null, signal }) => {
    // Says what type the body is of, as fetch would.
    const asked = new Request(url, { method, headers: headers ?? {}, body });
    const text = await asked.text();
    return new Promise((resolve, reject) => {
      const options = {
        ca,
        method,
        headers: Object.fromEntries(asked.headers),
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
      sent.on("error", reject).end(text);
    });
  };
}

/** No other answer is of use to us. Response throws on a body beside some statuses, and on those that are none. */
const without = (status = 0) =>
  new Response(null, { status: status > 200 && status < 600 ? status : 502 });
