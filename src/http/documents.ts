import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { JSON_TYPE } from "./accept.ts";
import type { Behind } from "./door.ts";
import { pathOf } from "./paths.ts";
import { problemForm } from "./problem.ts";
import { COMMON_CODES, errorResponses, success } from "./responses.ts";

/** Nothing from anywhere else, and nobody's frame. Swagger UI writes styles into its elements. */
const CONTENT_SECURITY_POLICY = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self' 'unsafe-inline'"],
  ...["img-src 'self' data:", "connect-src 'self'", "base-uri 'none'", "form-action 'none'"],
  ...["frame-ancestors 'none'"],
].join("; ");

/** `/openapi.json`, and at `/docs` a page to read it. Nothing can be sent from there: it would need a token. */
export async function documentRoutes(app: FastifyInstance, { config }: Behind): Promise<void> {
  const schema = {
    operationId: "describeApi",
    tags: ["discovery"],
    summary: "This description (OpenAPI 3.1)",
    description: "A page to read it is at `/docs`, unless the operator took it away.",
    security: [],
    response: {
      200: success(
        "The description.",
        { [JSON_TYPE]: Type.Object({}, { additionalProperties: true }) },
        {},
      ),
      ...errorResponses(problemForm(config.public_url), COMMON_CODES),
    },
  };
  app.get("/openapi.json", { schema }, async () => app.swagger());
  if (!config.docs) return;
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP: CONTENT_SECURITY_POLICY,
    indexPrefix: pathOf(config.public_url), // what a proxy cuts off stands in links all the same
    // No bar to load other documents with, and no button to send requests with.
    uiConfig: { layout: "BaseLayout", supportedSubmitMethods: [], docExpansion: "list" },
    theme: { title: "nats-sts" },
  });
}
