import { STATUS_CODES } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { ERRORS, type ErrorCode, StsError } from "../errors.ts";
import { resourceMetadataUrl } from "./well-known.ts";

/** A problem document (RFC 9457) with our own `code` and `request_id`. */
export interface Problem {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly request_id: string;
}

/** Seconds after which a 503 may be tried again, spread so that callers do not come back as one. */
const RETRY_AFTER_S = [1, 2, 3, 4, 5] as const;

/** What is answered for a code, whatever went wrong and whatever Accept says. */
export function problem(code: ErrorCode, request_id: string): Problem {
  const { status, say } = ERRORS[code];
  const title = STATUS_CODES[status] ?? "";
  return { type: "about:blank", title, status, detail: say, code, request_id };
}

/** Fastify's own errors, as ours. Anything else below 500 is a request that does not fit. */
const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "body_too_large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "content_type_unsupported",
  FST_ERR_NOT_FOUND: "not_found",
};

/** Any error as one of the table. */
export function asStsError(error: unknown): StsError {
  if (error instanceof StsError) return error;
  const { code = "", statusCode = 500 } = error as { code?: string; statusCode?: number };
  const known =
    FASTIFY_CODES[code] ?? (statusCode >= 400 && statusCode < 500 ? "request_invalid" : "internal");
  return new StsError(known, known === "internal" ? {} : { reason: code }, { cause: error });
}

/** Answers with the problem document of an error. The only place where an error becomes a response. */
export function sendProblem(
  error: StsError,
  request: FastifyRequest,
  reply: FastifyReply,
  public_url: string,
) {
  const { status } = ERRORS[error.code];
  if (status === 401 || error.code === "insufficient_scope") {
    reply.header("www-authenticate", challenge(error, public_url));
  }
  if (status === 503) reply.header("retry-after", retryAfter(request.id));
  if (status === 500) logUnexpected(error, request);
  reply.header("cache-control", "no-store");
  // As bytes: Fastify would add a charset, which application/problem+json does not have.
  const body = Buffer.from(JSON.stringify(problem(error.code, request.id)));
  return reply.code(status).type("application/problem+json").send(body);
}

/** RFC 6750 §3 and RFC 9728 §5.1. Without a token there is nothing to find fault with, so no error code. */
function challenge({ code, detail }: StsError, public_url: string): string {
  const parts = [`resource_metadata="${resourceMetadataUrl(public_url)}"`];
  if (code === "insufficient_scope") {
    const scopes = detail["required_scopes"] as readonly string[]; // from the configuration
    parts.unshift('error="insufficient_scope"', `scope="${scopes.join(" ")}"`);
  } else if (code !== "token_missing") {
    parts.unshift('error="invalid_token"', `error_description="${ERRORS[code].say}"`);
  }
  return `Bearer ${parts.join(", ")}`;
}

/** Random enough (the id is a random UUID), and it needs no clock. */
export function retryAfter(request_id: string): number {
  return RETRY_AFTER_S[request_id.charCodeAt(0) % RETRY_AFTER_S.length] ?? 1;
}

/** Name and stack alone: the properties of a library's error may hold claims. */
function logUnexpected(error: StsError, request: FastifyRequest): void {
  const { cause } = error;
  const stack = cause instanceof Error ? cause.stack : undefined;
  request.log.error({ code: error.code, stack: stack ?? error.stack }, "unexpected failure");
}
