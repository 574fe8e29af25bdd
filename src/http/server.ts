import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { credentialsRoute } from "./credentials.ts";
import { describeRoutes } from "./description.ts";
import { documentRoutes } from "./documents.ts";
import type { Behind } from "./door.ts";
import type { ErrorForm } from "./error-form.ts";
import { explainRoute } from "./explain.ts";
import { healthRoutes } from "./health.ts";
import type { Listener } from "./listener.ts";
import { OAUTH_FORM } from "./oauth-error.ts";
import { CREDENTIALS_PATH, EXPLAIN_PATH, TOKEN_PATH } from "./paths.ts";
import { preparedDoor } from "./prepared.ts";
import { problemForm } from "./problem.ts";
import { shedding } from "./shed.ts";
import { tokenRoute } from "./token.ts";
import { wellKnownRoutes } from "./well-known.ts";

/** Where a request costs a verification at least. */
const ISSUING_PATHS: readonly string[] = [CREDENTIALS_PATH, TOKEN_PATH, EXPLAIN_PATH];

/** The HTTP door, for its listener to open. */
export async function httpDoor(
  behind: Behind,
  logger: FastifyBaseLogger,
  listener: Listener,
): Promise<FastifyInstance> {
  const { config, leaving, stopping } = behind;
  const problems = problemForm(config.public_url);
  const formAt = (path: string): ErrorForm => (path === TOKEN_PATH ? OAUTH_FORM : problems);
  const shedAt = (path: string) => (ISSUING_PATHS.includes(path) ? formAt(path) : undefined);
  const app = preparedDoor({
    config,
    logger,
    serverFactory: (handler, options) =>
      listener.serverFactory(shedding(handler, shedAt, behind.hasRoom, leaving), options),
    formAt,
    leaving,
    stopping,
  });
  await describeRoutes(app, config.public_url);
  credentialsRoute(app, behind);
  explainRoute(app, behind);
  await tokenRoute(app, behind);
  wellKnownRoutes(app, behind);
  healthRoutes(app, behind);
  await documentRoutes(app, behind);
  await app.ready();
  return app;
}
