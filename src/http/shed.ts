import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { StsError } from "../errors.ts";
import { rateLimiter } from "../limits/index.ts";
import { checkArrival } from "./arrival.ts";
import { type ErrorForm, retryAfter } from "./error-form.ts";

/**
 * Answers `overloaded` in place of a handler where there is no room for a request: before its body is
 * read, before anything is verified, and past the framework, for about a tenth of what an exchange
 * costs. Who is served does not notice.
 *
 * @param formAt how a path words its errors; undefined for one that is always served
 * @param hasRoom whether one more is taken; counts those for which there is none
 * @param leaving whether callers had better go elsewhere
 */
export function shedding(
  handler: RequestListener,
  formAt: (path: string) => ErrorForm | undefined,
  hasRoom: () => boolean,
  leaving: () => boolean,
): RequestListener {
  const atOnce = rateLimiter(AT_ONCE, 1);
  return (request, response) => {
    const form = request.method === "POST" ? formAt(pathOf(request)) : undefined;
    if (!form || hasRoom() || !isClear(request)) return handler(request, response);
    const turned = () => turnAway(request, response, form, leaving());
    const admission = atOnce.take("all", performance.now());
    if (admission !== "full" && admission.ok) return turned();
    const later = setTimeout(turned, HOLD_MS);
    response.once("close", () => clearTimeout(later));
  };
}

/** So many a second hear at once; they cost the others a fiftieth of the processor. */
const AT_ONCE = { burst: 500, per_s: 500 };
/**
 * Further ones hear this late: no later than Retry-After would have them come back, and whoever asks
 * again without a pause takes no more of the others' time than that. Connections bound how many wait.
 */
const HOLD_MS = 1_000;

function turnAway(
  request: IncomingMessage,
  response: ServerResponse,
  form: ErrorForm,
  leaving: boolean,
): void {
  const request_id = randomUUID();
  const body = JSON.stringify(form.body("overloaded", request_id));
  response.writeHead(form.status("overloaded"), {
    ...form.headers(new StsError("overloaded")),
    "content-type": form.media_type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-request-id": request_id,
    "x-content-type-options": "nosniff",
    "retry-after": String(retryAfter(request_id)),
    // Who comes back finds the connection open, unless it would keep a stop waiting.
    ...((leaving || !isSmall(request)) && { connection: "close" }),
  });
  response.end(body);
}

/** A large body is not waited for, and of what follows an upgrade Node may have lost the beginning. */
function isSmall({ headers }: IncomingMessage): boolean {
  const { "transfer-encoding": coding, "content-length": bytes = "0", upgrade } = headers;
  return coding === undefined && upgrade === undefined && Number(bytes) <= SMALL_BYTES;
}

/** What is unclear is refused as such, and its connection ends. */
function isClear(request: IncomingMessage): boolean {
  try {
    checkArrival(request);
    return true;
  } catch {
    return false;
  }
}

const SMALL_BYTES = 16_384;

const pathOf = ({ url = "" }: IncomingMessage) => url.split("?", 1)[0] ?? "";
