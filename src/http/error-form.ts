import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { TSchema } from "typebox";
import { type ErrorCode, StsError } from "../errors.ts";

/** How a door words its errors. There are two forms, and no door mixes them. */
export interface ErrorForm {
  readonly media_type: string;
  /** The schema of its bodies, with an `$id`. */
  readonly schema: TSchema;
  /** The HTTP status of a code at this door. */
  status(code: ErrorCode): number;
  /** What the caller reads: constant for a code, but for the request id. */
  body(code: ErrorCode, request_id: string): object;
  /** Headers of this error beside those that every error has. */
  headers(error: StsError): Readonly<Record<string, string>>;
}

/** Seconds after which to try again, or to add to them: spread, so that callers do not come back as one. */
const JITTER_S = [1, 2, 3, 4, 5] as const;

/** Fastify's own errors, as ours. Anything else below 500 is a request that does not fit. */
const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "body_too_large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "content_type_unsupported",
  FST_ERR_NOT_FOUND: "not_found",
};

/** Any error as one of the table. */
export function asStsError(error: unknown): StsError {
  if (error instanceof StsError) return error;
  const { code = "", statusCode = 500, validation } = error as Partial<FastifyError>;
  const known =
    FASTIFY_CODES[code] ?? (statusCode >= 400 && statusCode < 500 ? "request_invalid" : "internal");
  return new StsError(known, known === "internal" ? {} : { reason: faultOf(validation) ?? code }, {
    cause: error,
  });
}

/** Where a body does not fit, and which rule it breaks; nothing of what it says. */
function faultOf(validation: FastifyError["validation"]): string | undefined {
  const [first] = validation ?? [];
  return first && `body${first.instancePath}: ${first.keyword}`;
}

/** Answers with an error. The only place where an error becomes a response. */
export function sendError(
  error: StsError,
  request: FastifyRequest,
  reply: FastifyReply,
  form: ErrorForm,
) {
  const status = form.status(error.code);
  reply.headers(form.headers(error)).header("cache-control", "no-store");
  if (status === 429 || status === 503) {
    const { retry_after_s = 0 } = error.detail as { retry_after_s?: number }; // ours alone
    reply.header("retry-after", retryAfter(request.id, retry_after_s));
  }
  if (status === 500) logUnexpected(error, request);
  // As bytes: Fastify would add a charset, which these media types do not have.
  const body = Buffer.from(JSON.stringify(form.body(error.code, request.id)));
  return reply.code(status).type(form.media_type).send(body);
}

/**
 * When to come back, in seconds.
 *
 * @param request_id of ours: a random UUID is random enough, and it needs no clock
 */
export function retryAfter(request_id: string, least_s = 0): number {
  return least_s + (JITTER_S[request_id.charCodeAt(0) % JITTER_S.length] ?? 1);
}

/** Name and stack alone: the properties of a library's error may hold claims. */
function logUnexpected(error: StsError, request: FastifyRequest): void {
  const { cause } = error;
  const stack = cause instanceof Error ? cause.stack : undefined;
  request.log.error({ code: error.code, stack: stack ?? error.stack }, "unexpected failure");
}
