import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { Metrics } from "../metrics/index.ts";
import type { Behind } from "./door.ts";
import { readiness } from "./health.ts";
import type { Listener } from "./listener.ts";

/**
 * The door where metrics are read: a listener of its own, on loopback unless told otherwise. Health
 * is told here too, for probes that have no certificate where callers need one.
 */
export function metricsDoor(
  behind: Pick<Behind, "ready">,
  metrics: Pick<Metrics, "read" | "content_type">,
  logger: FastifyBaseLogger,
  listener: Listener,
): FastifyInstance {
  const app = fastify({
    serverFactory: listener.serverFactory,
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1, // nothing is sent here
    forceCloseConnections: true,
    // Fastify's own would log the bytes that came, with whatever secret is in them.
    clientErrorHandler: (_, socket) => void socket.destroy(),
  });
  app.get("/metrics", async (_, reply) => {
    reply.type(metrics.content_type);
    return metrics.read();
  });
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", (_, reply) => readiness(behind, reply));
  return app;
}
