import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
} from "fastify";
import { type ErrorCode, StsError } from "../errors.ts";
import { credentialsRoute } from "./credentials.ts";
import type { Behind } from "./door.ts";
import { healthRoutes } from "./health.ts";
import { asStsError, problem, sendProblem } from "./problem.ts";
import { askedBy } from "./request.ts";
import { wellKnownRoutes } from "./well-known.ts";

/** How often Node looks for requests that are over their time; its default would make 5 s into 30. */
const TIMEOUT_CHECK_MS = 1_000;

/** The HTTP door, ready to listen. */
export async function httpDoor(
  behind: Behind,
  logger: FastifyBaseLogger,
): Promise<FastifyInstance> {
  const { limits, trusted_proxies, public_url } = behind.config;
  const app = fastify({
    loggerInstance: logger,
    disableRequestLogging: true,
    genReqId: () => randomUUID(),
    trustProxy: trusted_proxies.length > 0 ? [...trusted_proxies] : false,
    bodyLimit: limits.body_bytes,
    requestTimeout: limits.request_timeout_s * 1000,
    forceCloseConnections: "idle",
    return503OnClosing: false, // we answer that ourselves, with the code
    onProtoPoisoning: "error",
    onConstructorPoisoning: "error",
    http: { maxHeaderSize: limits.header_bytes, connectionsCheckingInterval: TIMEOUT_CHECK_MS },
    // Refuse, do not repair.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
    clientErrorHandler: answerUnreadable,
    frameworkErrors: (error, request, reply) => {
      sendProblem(asStsError(error), request, reply, public_url);
    },
  });
  // Handlers come first: a route keeps those in force when it was registered.
  app.setErrorHandler((error, request, reply) =>
    sendProblem(asStsError(error), request, reply, public_url),
  );
  app.setNotFoundHandler((request, reply) => {
    const allow = methodsOf(app, request);
    if (allow.length > 0) reply.header("allow", allow.join(", "));
    const code = allow.length > 0 ? "method_not_allowed" : "not_found";
    return sendProblem(new StsError(code), request, reply, public_url);
  });
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    if (behind.stopping()) {
      reply.header("connection", "close");
      throw new StsError("shutting_down");
    }
  });
  app.addHook("onResponse", async (request, reply) => {
    const { method, routeOptions } = request;
    const { request_id, client_request_id, address } = askedBy(request);
    request.log.info(
      {
        request_id,
        client_request_id,
        address,
        method,
        route: routeOptions.url, // the pattern: what callers put into a path or query may be secret
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
      },
      "request",
    );
  });
  acceptBodies(app);
  credentialsRoute(app, behind);
  wellKnownRoutes(app, behind);
  healthRoutes(app, behind);
  await app.ready();
  return app;
}

/** No bytes mean no wishes, under any content type; bytes must be JSON in UTF-8. */
function acceptBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser("error", "error");
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) => {
    if (body.length === 0) return done(null, {});
    try {
      parseJson(request, utf8.decode(body as Buffer), done);
    } catch (cause) {
      done(new StsError("request_invalid", { reason: "body is not UTF-8" }, { cause }));
    }
  });
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_, body, done) => {
    if (body.length === 0) done(null, {});
    else done(new StsError("content_type_unsupported"));
  });
}

function methodsOf(app: FastifyInstance, request: FastifyRequest): string[] {
  const url = request.url.split("?")[0] ?? "";
  return ["GET", "HEAD", "POST"].filter(
    (method) => app.findRoute({ method: method as "GET", url }) !== null,
  );
}

/** What could not be read as HTTP gets an answer too, written by hand, and the connection ends. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const code: ErrorCode =
    error.code === "HPE_HEADER_OVERFLOW" ? "headers_too_large" : "request_invalid";
  const request_id = randomUUID();
  const answer = problem(code, request_id);
  const body = JSON.stringify(answer);
  socket.end(
    [
      `HTTP/1.1 ${answer.status} ${answer.title}`,
      "content-type: application/problem+json",
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${request_id}`,
      "cache-control: no-store",
      "connection: close",
      "",
      body,
    ].join("\r\n"),
    () => socket.destroy(),
  );
}
