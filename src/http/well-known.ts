import type { FastifyInstance } from "fastify";
import type { Behind } from "./door.ts";

const PROTECTED_RESOURCE = "/.well-known/oauth-protected-resource";

/** RFC 9728 §3.1: the well-known part stands between the host and the path of the resource. */
export function resourceMetadataUrl(public_url: string): string {
  const { origin, pathname } = new URL(public_url);
  return `${origin}${PROTECTED_RESOURCE}${pathname === "/" ? "" : pathname}`;
}

/** Which tokens this service takes and from whom (RFC 9728 §2), for clients that find out by themselves. */
export function wellKnownRoutes(app: FastifyInstance, { config }: Behind): void {
  const document = {
    resource: config.public_url,
    resource_name: "nats-sts",
    authorization_servers: config.issuers.map(({ url }) => url),
    bearer_methods_supported: ["header"],
    scopes_supported: [
      ...new Set(config.issuers.flatMap(({ required_scopes }) => required_scopes)),
    ],
  };
  // Proxies hand the path on or cut it off: both forms are served.
  const { pathname } = new URL(config.public_url);
  for (const path of new Set([
    PROTECTED_RESOURCE,
    PROTECTED_RESOURCE + pathname.replace(/\/$/, ""),
  ])) {
    app.get(path, async () => document);
  }
}
