import { randomUUID } from "node:crypto";
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import { StsError } from "../errors.ts";
import { checkArrival, hearEverything } from "./arrival.ts";
import { acceptJson } from "./bodies.ts";
import { type Connections, openConnections } from "./connections.ts";
import { credentialsRoute } from "./credentials.ts";
import { describeRoutes } from "./description.ts";
import { documentRoutes } from "./documents.ts";
import type { Behind } from "./door.ts";
import { drainOnClose } from "./drain.ts";
import { asStsError, type ErrorForm, sendError } from "./error-form.ts";
import { explainRoute } from "./explain.ts";
import { healthRoutes } from "./health.ts";
import type { Listener } from "./listener.ts";
import { OAUTH_FORM } from "./oauth-error.ts";
import { CREDENTIALS_PATH, EXPLAIN_PATH, TOKEN_PATH } from "./paths.ts";
import { problemForm } from "./problem.ts";
import { askedBy } from "./request.ts";
import { shedding } from "./shed.ts";
import { tokenRoute } from "./token.ts";
import { answerUnreadable } from "./unreadable.ts";
import { wellKnownRoutes } from "./well-known.ts";

/** Where a request costs a verification at least. */
const ISSUING_PATHS: readonly string[] = [CREDENTIALS_PATH, TOKEN_PATH, EXPLAIN_PATH];

/** The HTTP door, for its listener to open. */
export async function httpDoor(
  behind: Behind,
  logger: FastifyBaseLogger,
  listener: Listener,
): Promise<FastifyInstance> {
  const { limits, trusted_proxies, public_url } = behind.config;
  const problems = problemForm(public_url);
  const formAt = (path: string): ErrorForm => (path === TOKEN_PATH ? OAUTH_FORM : problems);
  const connections = openConnections();
  const shedAt = (path: string) => (ISSUING_PATHS.includes(path) ? formAt(path) : undefined);
  const app = fastify({
    serverFactory: (handler, options) =>
      listener.serverFactory(shedding(handler, shedAt, behind.hasRoom), options),
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }), // see logRequests
    genReqId: () => randomUUID(),
    trustProxy: trusted_proxies.length > 0 ? [...trusted_proxies] : false,
    bodyLimit: limits.body_bytes,
    forceCloseConnections: "idle",
    return503OnClosing: false, // we answer that ourselves, with the code
    // Refuse, do not repair.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
    clientErrorHandler: (error, socket) =>
      answerUnreadable(error, socket, connections.unfinished(socket), formAt),
    frameworkErrors: (error, request, reply) => {
      sendError(asStsError(error), request, head(request, reply), problems); // no hook sees these
    },
  });
  hearEverything(app.server);
  connections.watch(app.server);
  // Handlers come first: a route keeps those in force when it was registered.
  app.setErrorHandler((error, request, reply) =>
    sendError(asStsError(error), request, reply, problems),
  );
  headEveryAnswer(app, behind, connections);
  answerUnknown(app, formAt);
  logRequests(app);
  drainOnClose(app, connections);
  acceptJson(app);
  await describeRoutes(app, public_url);
  credentialsRoute(app, behind);
  explainRoute(app, behind);
  await tokenRoute(app, behind);
  wellKnownRoutes(app, behind);
  healthRoutes(app, behind);
  await documentRoutes(app, behind);
  await app.ready();
  return app;
}

/** A path without a route, or with one for another method: whatever is sent there is not read. */
function answerUnknown(app: FastifyInstance, formAt: (path: string) => ErrorForm): void {
  const answer = (request: FastifyRequest, reply: FastifyReply) => {
    const path = pathOf(request);
    const allow = methodsAt(app, path);
    // A file of the page may be missing at a path that has a route.
    const elsewhere = allow.length > 0 && !allow.includes(request.method);
    if (elsewhere) reply.header("allow", allow.join(", "));
    const error = new StsError(elsewhere ? "method_not_allowed" : "not_found");
    return sendError(error, request, reply, formAt(path));
  };
  app.setNotFoundHandler(answer);
  app.addHook("onRequest", async (request, reply) => {
    if (request.is404) await answer(request, reply);
  });
}

/** What stands above every answer, and that there is no other once the service stops. */
function headEveryAnswer(app: FastifyInstance, behind: Behind, connections: Connections): void {
  app.addHook("onRequest", async (request, reply) => {
    head(request, reply);
    if (!(await connections.turn(request.raw)))
      throw new StsError("request_invalid", { reason: "came after the end of its connection" });
    // Node loses what came in one packet with an upgrade, so nothing may follow one.
    if (request.headers.upgrade !== undefined) reply.header("connection", "close");
    refuseUnclear(request, reply);
    if (behind.stopping()) {
      reply.header("connection", "close");
      throw new StsError("shutting_down");
    }
  });
  // An answer that was in flight must not leave a connection behind that nobody would close.
  app.addHook("onSend", async (_, reply) => {
    // Who is about to be sent away had better ask for another connection, elsewhere.
    if (behind.leaving()) reply.header("connection", "close");
  });
}

const head = (request: FastifyRequest, reply: FastifyReply) =>
  reply.header("x-request-id", request.id).header("x-content-type-options", "nosniff");

/** What is unclear may go on after its end, too. */
function refuseUnclear(request: FastifyRequest, reply: FastifyReply): void {
  try {
    checkArrival(request.raw);
  } catch (error) {
    reply.header("connection", "close");
    throw error;
  }
}

function logRequests(app: FastifyInstance): void {
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
}

const pathOf = (request: FastifyRequest) => request.url.split("?")[0] ?? "";

function methodsAt(app: FastifyInstance, url: string): string[] {
  return ["GET", "HEAD", "POST"].filter(
    (method) => app.findRoute({ method: method as "GET", url }) !== null,
  );
}
