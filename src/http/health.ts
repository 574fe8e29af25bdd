import type { FastifyInstance } from "fastify";
import type { Behind } from "./door.ts";

/** `/healthz`: the process answers. `/readyz`: it can also give credentials, or what keeps it from that. */
export function healthRoutes(app: FastifyInstance, behind: Behind): void {
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async (_, reply) => {
    const checks = await behind.ready();
    const ready = checks.every(({ failed }) => failed === undefined);
    reply.code(ready ? 200 : 503).header("cache-control", "no-store");
    return { status: ready ? "ready" : "not ready", checks };
  });
}
