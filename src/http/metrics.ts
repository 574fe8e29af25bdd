import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { Config } from "../config/index.ts";
import type { Metrics } from "../metrics/index.ts";
import { arrivalOptions } from "./arrival.ts";

/** The door where metrics are read: a listener of its own, on loopback unless told otherwise. */
export function metricsDoor(
  { limits }: Pick<Config, "limits">,
  metrics: Pick<Metrics, "read" | "content_type">,
  logger: FastifyBaseLogger,
): FastifyInstance {
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1, // nothing is sent here
    requestTimeout: limits.request_timeout_s * 1000,
    forceCloseConnections: true,
    http: arrivalOptions(limits),
  });
  app.get("/metrics", async (_, reply) => {
    reply.type(metrics.content_type);
    return metrics.read();
  });
  return app;
}
