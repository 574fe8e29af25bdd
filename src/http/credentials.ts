import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { StsError } from "../errors.ts";
import { bestType, CREDS_TYPES, JSON_TYPE } from "./accept.ts";
import { Answer, answerOf, credsOf } from "./answer.ts";
import type { Behind } from "./door.ts";
import { issuingRoute } from "./issuing.ts";
import { CREDENTIALS_PATH } from "./paths.ts";
import { problemForm } from "./problem.ts";
import { NARROWING, presentedToken, proofIn, userKeyIn } from "./request.ts";
import { errorResponses, ISSUING_CODES, refTo, success } from "./responses.ts";

const Body = Type.Partial(
  Type.Object({
    user_public_key: Type.String({
      description: "Your own user nkey (`U...`): the answer then has no seed.",
    }),
    user_key_proof: Type.String({
      description:
        "Your proof that you hold that key: base64url of its signature over `nats-sts-user-key-v1`, " +
        "the public URL of this service and the base64url SHA-256 of the token, a line each.",
    }),
    ...NARROWING,
  }),
  // On the outermost schema: Partial does not keep the options of what it wraps.
  {
    additionalProperties: false,
    description:
      "What you want less of. No body, or an empty one: everything that you are granted.",
  },
);
type Body = Static<typeof Body>;

const CREDS_FILE = Type.String({ description: "A creds file, as NATS clients read it." });

/** `POST /v1/credentials`: a bearer token in, a NATS credential out, as JSON or as a creds file. */
export function credentialsRoute(app: FastifyInstance, behind: Behind): void {
  const { config } = behind;
  const form = problemForm(config.public_url);
  issuingRoute<Body>(app, behind, {
    url: CREDENTIALS_PATH,
    form,
    schema: {
      operationId: "issueCredential",
      tags: ["credentials"],
      summary: "Get a credential for a bearer token",
      description:
        "Send the token of your identity provider; the answer is a NATS credential with the " +
        "permissions that the policy gives you. A token that is bound to a key is sent as " +
        "`Authorization: DPoP`, with a proof of that key in the header `DPoP` (RFC 9449). " +
        "`Accept` chooses the form of the answer: JSON, or a creds file.",
      security: [{ token: [] }],
      body: Body,
      response: {
        200: success("The credential.", {
          [JSON_TYPE]: refTo(Answer),
          ...Object.fromEntries(CREDS_TYPES.map((type) => [type, CREDS_FILE])),
        }),
        ...errorResponses(form, ["not_acceptable", "permission_not_granted", ...ISSUING_CODES]),
      },
    },
    work: behind.exchange,
    admit: presentedToken, // who brings no token need not send a body
    read(request) {
      const { body } = request;
      const type = answerType(request, body);
      const { user_public_key, user_key_proof, ...narrowing } = body;
      const user_key = userKeyIn({ user_public_key, user_key_proof });
      const proof = proofIn(request, `${config.public_url}${CREDENTIALS_PATH}`, "authorization");
      return {
        ask: { token: presentedToken(request), proof, narrowing, user_key },
        answer(credential, reply) {
          reply.type(type);
          return type === JSON_TYPE ? answerOf(credential, behind.current()) : credsOf(credential);
        },
      };
    },
  });
}

/** Decided before anything is signed. A creds file holds the seed, which the owner of a key kept. */
function answerType(request: FastifyRequest, body: Body): string {
  const offers = body.user_public_key === undefined ? [JSON_TYPE, ...CREDS_TYPES] : [JSON_TYPE];
  const type = bestType(request.headers.accept, offers);
  if (type === undefined) throw new StsError("not_acceptable");
  return type;
}
