import type { IncomingMessage, Server, ServerOptions } from "node:http";
import type { Limits } from "../config/index.ts";
import { StsError } from "../errors.ts";

/** How often Node looks for requests that are over their time; its default would make 5 s into 30. */
const TIMEOUT_CHECK_MS = 1_000;

/** Longer than load balancers keep a connection, so that it is they who end it. */
const KEEP_ALIVE_MS = 72_000;

/**
 * How a listener takes requests in. The time limit has to stand here: set later, it counts for headers
 * alone, and a body may take Node's 60 seconds.
 */
export function arrivalOptions({
  header_bytes,
  request_timeout_s,
}: Pick<Limits, "header_bytes" | "request_timeout_s">) {
  return {
    maxHeaderSize: header_bytes,
    requestTimeout: request_timeout_s * 1000,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requireHostHeader: false, // checkArrival says it, in words of ours
  } satisfies ServerOptions;
}

/** Leaves nothing for Node to answer or to leave out by itself. */
export function hearEverything(server: Server): void {
  server.maxHeadersCount = 0; // bounded by bytes; else Node forgets those beyond 2,000, and tells nobody
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
}

/** Of several such lines Node keeps the first and says nothing. */
const SINGLE = ["host", "authorization", "dpop", "content-type"];

/**
 * Refuses what Node lets through although two readers could take it for two things: whoever stands
 * in front of us may have checked the other one.
 *
 * @throws StsError `request_invalid`
 */
export function checkArrival({ rawHeaders, headers, httpVersion, url }: IncomingMessage): void {
  const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  for (const single of SINGLE)
    if (names.indexOf(single) !== names.lastIndexOf(single))
      throw invalid(`more than one header ${single}`);
  if (httpVersion !== "1.1" && httpVersion !== "1.0") throw invalid("HTTP version");
  // RFC 9112 §3.2.
  if (headers.host === undefined && httpVersion === "1.1") throw invalid("no header host");
  if (url?.includes("#")) throw invalid("a fragment in the target");
  const { "transfer-encoding": coding, expect } = headers;
  // RFC 9112 §6.1: not in HTTP/1.0, and no coding that nobody here decodes.
  if (coding !== undefined && (httpVersion === "1.0" || coding.toLowerCase() !== "chunked"))
    throw invalid("transfer coding");
  if (expect !== undefined && expect.toLowerCase() !== "100-continue") throw invalid("expectation");
}

const invalid = (reason: string) => new StsError("request_invalid", { reason });
