import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { type ErrorCode, StsError } from "../errors.ts";
import { type Exchange, waitsForUs } from "./connections.ts";
import type { ErrorForm } from "./error-form.ts";

/** What Node says of bytes that it could not read as a request. */
export interface Unreadable {
  readonly code?: string;
  /** The packet in which it gave up: bytes, though Fastify's type says otherwise. */
  readonly rawPacket?: unknown;
}

/**
 * What could not be read as HTTP gets an answer too, written by hand, and the connection ends.
 *
 * @param before what is unfinished on the same connection: no answer may take the place of another
 * @returns what was answered, if anything was
 */
export function answerUnreadable(
  error: Unreadable,
  socket: Socket,
  before: readonly Exchange[],
  formAt: (path: string) => ErrorForm,
): { readonly request_id: string; readonly code: ErrorCode } | undefined {
  // What went wrong below HTTP, as in a TLS handshake, is no request: there is nobody to answer.
  if (!/^(HPE|ERR_HTTP)_/.test(error.code ?? "") || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  // An answer that has begun, or the rest of a request that was answered early.
  if (before.some(({ response }) => response.headersSent)) {
    socket.destroySoon();
    return undefined;
  }
  const ours = before.filter(waitsForUs).at(-1);
  if (ours) {
    ours.response.shouldKeepAlive = false; // with this answer the connection ends
    return undefined;
  }
  const code: ErrorCode =
    error.code === "HPE_HEADER_OVERFLOW" ? "headers_too_large" : "request_invalid";
  const form = formAt(pathIn(error.rawPacket));
  const status = form.status(code);
  const request_id = randomUUID();
  const body = JSON.stringify(form.body(code, request_id));
  const headers = {
    "content-type": form.media_type,
    "content-length": Buffer.byteLength(body),
    "x-request-id": request_id,
    "cache-control": "no-store",
    connection: "close",
    ...form.headers(new StsError(code)),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, "", body].join("\r\n"), () =>
    socket.destroy(),
  );
  return { request_id, code };
}

/** The path of a request line, if the packet begins with one. It only chooses the form of the answer. */
function pathIn(packet: unknown): string {
  const start = Buffer.isBuffer(packet) ? packet.subarray(0, 256).toString("latin1") : "";
  return /^[A-Z]+ (\/[^ ?]*)[ ?]/.exec(start)?.[1] ?? "";
}
