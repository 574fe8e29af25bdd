import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { Config } from "../config/index.ts";
import type { Credential } from "../credential/index.ts";
import { JSON_TYPE } from "./accept.ts";
import { answerOf, credsOf, MEMBERS } from "./answer.ts";
import { acceptForms, FORM_TYPE } from "./bodies.ts";
import type { Behind } from "./door.ts";
import { issuingRoute } from "./issuing.ts";
import { OAUTH_FORM } from "./oauth-error.ts";
import { TOKEN_PATH } from "./paths.ts";
import { noAuthorization, proofIn } from "./request.ts";
import { errorResponses, ISSUING_CODES, refTo, success } from "./responses.ts";
import { credsType, inspectForm, parametersIn, readTokenForm, TokenForm } from "./token-request.ts";

/** The answer of a token exchange (RFC 8693 §2.2.1), with what a NATS client needs beside it. */
export const TokenAnswer = Type.Object(
  {
    access_token: Type.String({
      description: "What was issued, whatever its type: a creds file or a NATS user JWT.",
    }),
    issued_token_type: Type.String({ description: "Which of the two." }),
    token_type: Type.Literal("N_A", { description: "It is no OAuth access token." }),
    expires_in: Type.Integer({ description: "Lifetime in seconds." }),
    scope: Type.String({ description: "The roles that it has, a blank between two." }),
    ...MEMBERS,
  },
  { $id: "TokenAnswer", title: "TokenAnswer", description: "An issued token (RFC 8693)." },
);

/** `POST /oauth2/token`: token exchange (RFC 8693), for clients that speak OAuth. */
export async function tokenRoute(app: FastifyInstance, behind: Behind): Promise<void> {
  // In a scope of its own: forms are read at this path and nowhere else, and JSON is not.
  await app.register(async (scope) => {
    acceptForms(scope, parametersIn);
    exchangeRoute(scope, behind);
  });
}

function exchangeRoute(app: FastifyInstance, behind: Behind): void {
  const { config } = behind;
  issuingRoute<TokenForm>(app, behind, {
    url: TOKEN_PATH,
    form: OAUTH_FORM,
    schema: {
      operationId: "exchangeToken",
      tags: ["credentials"],
      summary: "Exchange a token for a credential (RFC 8693)",
      description:
        "OAuth 2.0 token exchange without client authentication: the subject token is what counts. " +
        "Unknown parameters are ignored. Errors have the form of RFC 6749 section 5.2.",
      security: [],
      consumes: [FORM_TYPE],
      body: TokenForm,
      response: {
        200: success("The credential.", { [JSON_TYPE]: refTo(TokenAnswer) }),
        ...errorResponses(OAUTH_FORM, [
          ...(["grant_type_unsupported", "target_invalid", "client_auth_unsupported"] as const),
          ...ISSUING_CODES,
        ]),
      },
    },
    work: behind.exchange,
    admit: noAuthorization,
    inspect: inspectForm,
    read(request) {
      const { body } = request;
      const proof = proofIn(request, `${config.public_url}${TOKEN_PATH}`, "form");
      const { narrowing, user_key, issued_token_type } = readTokenForm(body, config.public_url);
      return {
        ask: { token: body.subject_token, proof, narrowing, user_key },
        answer(credential, reply) {
          reply.header("pragma", "no-cache"); // RFC 6749 §5.1
          return tokenAnswer(credential, issued_token_type, behind.current());
        },
      };
    },
  });
}

function tokenAnswer(credential: Credential, issued_token_type: string, config: Config) {
  const { jwt, grant, issued_at } = credential;
  const creds = issued_token_type === credsType(config.public_url);
  return {
    access_token: creds ? credsOf(credential) : jwt,
    issued_token_type,
    token_type: "N_A",
    expires_in: grant.expires_at - issued_at,
    scope: grant.roles.join(" "),
    ...answerOf(credential, config),
  };
}
