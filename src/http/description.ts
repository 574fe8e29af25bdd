import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { Answer } from "./answer.ts";
import { Explained } from "./explain.ts";
import { OAuthError } from "./oauth-error.ts";
import { EXPLAIN_PATH } from "./paths.ts";
import { Problem } from "./problem.ts";
import { TokenAnswer } from "./token.ts";

/** Whoever reads the description should know these before any single operation. */
const INTRODUCTION = `A token of your identity provider goes in, a short-lived NATS credential comes out.

Every error has a \`code\` that never changes and a \`request_id\`, under which the operator finds the
whole reason in the journal. Errors are problem documents (RFC 9457), at the token endpoint OAuth
errors (RFC 6749). No answer with a secret may be cached.`;

/**
 * Has every route that is registered from now on described as OpenAPI. The routes' own schemas, by
 * which requests are validated and answers written, are what is described.
 */
export async function describeRoutes(app: FastifyInstance, public_url: string): Promise<void> {
  for (const schema of [Problem, OAuthError, Answer, TokenAnswer, Explained]) app.addSchema(schema);
  await app.register(swagger, {
    stripBasePath: false, // what a proxy cuts off is cut off before us
    convertConstToEnum: false,
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, i) => String($id ?? `Schema${i}`),
    },
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "nats-sts",
        version: "1",
        summary: "Credentials for NATS from the tokens of identity providers.",
        description: INTRODUCTION,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: public_url, description: "This service." }],
      tags: [
        { name: "credentials", description: "Give credentials." },
        { name: "discovery", description: "Say how that is done." },
        { name: "health", description: "Say whether it works." },
      ],
      components: {
        securitySchemes: {
          token: {
            type: "http",
            scheme: "bearer",
            description: "A token of an identity provider that this service trusts.",
          },
        },
      },
    },
    transformObject: (described) => {
      if (!("openapiObject" in described)) return described.swaggerObject;
      const { openapiObject } = described;
      // The plugin takes every body for required; these may be left out.
      for (const path of ["/v1/credentials", EXPLAIN_PATH]) {
        const body = openapiObject.paths?.[path]?.post?.requestBody;
        if (body && "required" in body) body.required = false;
      }
      return openapiObject;
    },
  });
}
