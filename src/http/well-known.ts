import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { DPOP_ALGORITHMS } from "../identity/index.ts";
import { JSON_TYPE } from "./accept.ts";
import type { Behind } from "./door.ts";
import { AUTHORIZATION_SERVER, PROTECTED_RESOURCE, pathOf, TOKEN_PATH } from "./paths.ts";
import { problemForm } from "./problem.ts";
import { COMMON_CODES, errorResponses, success } from "./responses.ts";
import { TOKEN_EXCHANGE } from "./token-request.ts";

const Strings = (description: string) => Type.Array(Type.String(), { description });

const Resource = Type.Object({
  resource: Type.String({ description: "The public URL of this service." }),
  resource_name: Type.String(),
  authorization_servers: Strings("The issuers whose tokens are taken."),
  bearer_methods_supported: Strings("Where a token may stand."),
  dpop_signing_alg_values_supported: Strings(
    "What proofs for tokens bound to a key may be signed with.",
  ),
  scopes_supported: Strings("Scopes without which an issuer's tokens give nothing."),
});

const Server = Type.Object({
  issuer: Type.String({ description: "The public URL of this service." }),
  token_endpoint: Type.String(),
  grant_types_supported: Strings("Token exchange alone."),
  response_types_supported: Strings("None: there is no authorization endpoint."),
  token_endpoint_auth_methods_supported: Strings("`none`: the subject token is what counts."),
  dpop_signing_alg_values_supported: Strings("What proofs of possession may be signed with."),
});

/** What clients find out by themselves: RFC 9728 §2, RFC 8414 §2 and RFC 9449 §5.1. */
export function wellKnownRoutes(app: FastifyInstance, { config, current }: Behind): void {
  const { public_url } = config;
  const serve = documentRoute(app, public_url);
  serve(PROTECTED_RESOURCE, Resource, {
    operationId: "describeResource",
    summary: "Which tokens are taken, and from whom (RFC 9728)",
    document: () => ({
      resource: public_url,
      resource_name: "nats-sts",
      authorization_servers: current().issuers.map(({ url }) => url),
      bearer_methods_supported: ["header"],
      dpop_signing_alg_values_supported: [...DPOP_ALGORITHMS],
      scopes_supported: [
        ...new Set(current().issuers.flatMap(({ required_scopes }) => required_scopes)),
      ],
    }),
  });
  serve(AUTHORIZATION_SERVER, Server, {
    operationId: "describeTokenEndpoint",
    summary: "Where and how tokens are exchanged (RFC 8414)",
    document: () => ({
      issuer: public_url,
      token_endpoint: `${public_url}${TOKEN_PATH}`,
      grant_types_supported: [TOKEN_EXCHANGE],
      response_types_supported: [],
      token_endpoint_auth_methods_supported: ["none"],
      dpop_signing_alg_values_supported: [...DPOP_ALGORITHMS],
    }),
  });
}

interface WellKnown {
  readonly operationId: string;
  readonly summary: string;
  document(): object;
}

/** Proxies hand the path on or cut it off: both forms are served, and the one is documented. */
function documentRoute(app: FastifyInstance, public_url: string) {
  const errors = errorResponses(problemForm(public_url), COMMON_CODES);
  return (path: string, schema: object, { operationId, summary, document }: WellKnown) => {
    const description =
      "The document is the same for everybody, and changes with the configuration.";
    const response = { 200: success("The document.", { [JSON_TYPE]: schema }, {}), ...errors };
    const told = { operationId, summary, description, tags: ["discovery"], security: [], response };
    app.get(path, { schema: told }, async () => document());
    const below = path + pathOf(public_url);
    if (below !== path) app.get(below, { schema: { hide: true } }, async () => document());
  };
}
