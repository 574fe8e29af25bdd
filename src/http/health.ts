import type { FastifyInstance, FastifyReply } from "fastify";
import { Type } from "typebox";
import { JSON_TYPE } from "./accept.ts";
import type { Behind } from "./door.ts";
import { problemForm } from "./problem.ts";
import { COMMON_CODES, errorResponses, success } from "./responses.ts";

const Health = Type.Object({ status: Type.Literal("ok") });

const Readiness = Type.Object({
  status: Type.Enum(["ready", "not ready"], { type: "string" }),
  checks: Type.Array(
    Type.Object({
      name: Type.String({ description: "What was tried." }),
      failed: Type.Optional(Type.String({ description: "Why it does not work." })),
    }),
  ),
});

/** `/healthz`: the process answers. `/readyz`: it can also give credentials, or what keeps it from that. */
export function healthRoutes(app: FastifyInstance, behind: Behind): void {
  const form = problemForm(behind.config.public_url);
  const { 503: stopping, ...errors } = errorResponses(form, COMMON_CODES);
  const common = { tags: ["health"], security: [] };
  const alive = {
    ...common,
    operationId: "getHealth",
    summary: "Whether the process answers",
    description: "For liveness probes: nothing is tried.",
    response: {
      200: success("It does.", { [JSON_TYPE]: Health }, {}),
      ...errors,
      ...(stopping && { 503: stopping }),
    },
  };
  app.get("/healthz", { schema: alive }, async () => ({ status: "ok" }));

  const unready = success("It cannot, or it is about to stop.", { [JSON_TYPE]: Readiness });
  const ready = {
    ...common,
    operationId: "getReadiness",
    summary: "Whether it can give credentials",
    description: "For readiness probes: tries everything of its own that an exchange needs.",
    response: {
      200: success("It can.", { [JSON_TYPE]: Readiness }),
      ...errors,
      503: { ...unready, content: { ...unready.content, ...stopping?.content } },
    },
  };
  app.get("/readyz", { schema: ready }, (_, reply) => readiness(behind, reply));
}

/** What `/readyz` answers. */
export async function readiness(behind: Pick<Behind, "ready">, reply: FastifyReply) {
  const checks = await behind.ready();
  const ready = checks.every(({ failed }) => failed === undefined);
  reply.code(ready ? 200 : 503).header("cache-control", "no-store");
  return { status: ready ? "ready" : "not ready", checks };
}
