import { randomUUID } from "node:crypto";
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerFactory,
  LogController,
} from "fastify";
import type { Config } from "../config/index.ts";
import { StsError } from "../errors.ts";
import { addressOf } from "./address.ts";
import { checkArrival, hearEverything } from "./arrival.ts";
import { acceptJson } from "./bodies.ts";
import { type Connections, openConnections } from "./connections.ts";
import { drainOnClose } from "./drain.ts";
import { asStsError, type ErrorForm, sendError } from "./error-form.ts";
import { problemForm } from "./problem.ts";
import { askedBy } from "./request.ts";
import { answerUnreadable } from "./unreadable.ts";

const UNREADABLE = "a request that cannot be read";

/** What is the same for every door that takes tokens. */
export interface DoorOptions {
  readonly config: Pick<Config, "limits" | "trusted_proxies" | "public_url">;
  readonly logger: FastifyBaseLogger;
  readonly serverFactory: FastifyServerFactory;
  /** How errors are worded at a path. */
  formAt(path: string): ErrorForm;
  /** True once this instance is to stop: it still serves, but callers had better go elsewhere. */
  leaving(): boolean;
  /** True once it serves nobody any more. */
  stopping(): boolean;
}

/** A door without routes: it refuses what is unclear, words every error, heads and logs every answer. */
export function preparedDoor(options: DoorOptions): FastifyInstance {
  const { config, logger, serverFactory, formAt } = options;
  const { limits, trusted_proxies, public_url } = config;
  const problems = problemForm(public_url);
  const connections = openConnections();
  const app = fastify({
    serverFactory,
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }), // see logRequests
    genReqId: () => randomUUID(),
    trustProxy: trusted_proxies.length > 0 ? [...trusted_proxies] : false,
    bodyLimit: limits.body_bytes,
    forceCloseConnections: "idle",
    return503OnClosing: false, // we answer that ourselves, with the code
    // Refuse, do not repair.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
    clientErrorHandler(error, socket) {
      const address = socket.remoteAddress;
      const told = answerUnreadable(error, socket, connections.unfinished(socket), formAt);
      if (told) logger.info({ ...told, address }, UNREADABLE);
    },
    // No hook sees these.
    frameworkErrors(error, request, reply) {
      const refusal = asStsError(error);
      const { code } = refusal;
      logger.info({ request_id: request.id, code, address: addressOf(request) }, UNREADABLE);
      sendError(refusal, request, head(request, reply), problems);
    },
  });
  hearEverything(app.server);
  connections.watch(app.server);
  // Handlers come first: a route keeps those in force when it was registered.
  app.setErrorHandler((error, request, reply) =>
    sendError(asStsError(error), request, reply, problems),
  );
  headEveryAnswer(app, options, connections);
  answerUnknown(app, formAt);
  logRequests(app);
  drainOnClose(app, connections);
  acceptJson(app);
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
function headEveryAnswer(
  app: FastifyInstance,
  options: DoorOptions,
  connections: Connections,
): void {
  app.addHook("onRequest", async (request, reply) => {
    head(request, reply);
    if (!(await connections.turn(request.raw)))
      throw new StsError("request_invalid", { reason: "came after the end of its connection" });
    // Node loses what came in one packet with an upgrade, so nothing may follow one.
    if (request.headers.upgrade !== undefined) reply.header("connection", "close");
    refuseUnclear(request, reply);
    if (options.stopping()) {
      reply.header("connection", "close");
      throw new StsError("shutting_down");
    }
  });
  // An answer that was in flight must not leave a connection behind that nobody would close.
  app.addHook("onSend", async (_, reply) => {
    // Who is about to be sent away had better ask for another connection, elsewhere.
    if (options.leaving()) reply.header("connection", "close");
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
