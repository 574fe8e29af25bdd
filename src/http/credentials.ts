import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import type { Config } from "../config/index.ts";
import { type Credential, credsText } from "../credential/index.ts";
import { StsError } from "../errors.ts";
import { bestType, CREDS_TYPES, JSON_TYPE } from "./accept.ts";
import type { Behind } from "./door.ts";
import { asStsError, sendProblem } from "./problem.ts";
import { askedBy, bearerToken } from "./request.ts";

const Subjects = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 1024 }), { maxItems: 1000, description });

/** The shortest lifetime that can be asked for, in seconds. */
const TTL_MINIMUM_S = 5;

const Body = Type.Partial(
  Type.Object(
    {
      user_public_key: Type.String({
        description: "Your own user nkey (U...): the answer then has no seed.",
      }),
      user_key_proof: Type.String({ description: "Your proof that you hold that key." }),
      account: Type.String({ description: "The account, where your roles are in several." }),
      roles: Type.Array(Type.String(), {
        minItems: 1,
        maxItems: 100,
        description: "Only these roles.",
      }),
      publish: Subjects("Only these subjects, each within one that you are granted."),
      subscribe: Subjects("Only these subjects, each within one that you are granted."),
      ttl_s: Type.Integer({
        minimum: TTL_MINIMUM_S,
        description: "Lifetime in seconds, if shorter.",
      }),
    },
    {},
  ),
  // On the outermost schema: Partial does not keep the options of what it wraps.
  { additionalProperties: false },
);
type Body = Static<typeof Body>;

const Answer = Type.Object({
  jwt: Type.String(),
  seed: Type.Optional(Type.String()),
  user_public_key: Type.String(),
  account: Type.String(),
  account_public_key: Type.String(),
  roles: Type.Array(Type.String()),
  publish: Type.Array(Type.String()),
  subscribe: Type.Array(Type.String()),
  inbox_prefix: Type.String(),
  servers: Type.Array(Type.String()),
  issued_at: Type.Integer(),
  expires_at: Type.Integer(),
  refresh_after: Type.Integer(),
  id: Type.String(),
});
type Answer = Static<typeof Answer>;

/** Which part of a credential's life should pass before it is renewed. Clients add jitter. */
const REFRESH_AFTER = 0.75;

/** `POST /v1/credentials`: a bearer token in, a NATS credential out, as JSON or as a creds file. */
export function credentialsRoute(app: FastifyInstance, behind: Behind): void {
  app.post<{ Body: Body }>(
    "/v1/credentials",
    {
      schema: { body: Body, response: { 200: Answer } },
      // Before the body is read: who brings no token need not send one.
      onRequest: async (request) => {
        bearerToken(request);
      },
      // No body at all is a body without wishes; a body that says null is not.
      preValidation: async (request) => {
        if (request.body === undefined) request.body = {};
      },
      errorHandler: async (error, request, reply) => {
        const refusal = await behind.refuse(asStsError(error), askedBy(request));
        return sendProblem(refusal, request, reply, behind.config.public_url);
      },
    },
    async (request, reply) => {
      const { body } = request;
      const type = answerType(request, body);
      const { user_public_key, user_key_proof, ...narrowing } = body;
      const user_key = {
        ...(user_public_key !== undefined && { public_key: user_public_key }),
        ...(user_key_proof !== undefined && { proof: user_key_proof }),
      };
      const ask = { token: bearerToken(request), narrowing, user_key, asked: askedBy(request) };
      const credential = await behind.exchange(ask).catch((error: unknown) => asStsError(error));
      // The line has journaled its refusals itself.
      if (credential instanceof StsError)
        return sendProblem(credential, request, reply, behind.config.public_url);
      reply.header("cache-control", "no-store").type(type);
      return type === JSON_TYPE ? answer(credential, behind.config) : credsOf(credential);
    },
  );
}

/** Decided before anything is signed. A creds file holds the seed, which the owner of a key kept. */
function answerType(request: FastifyRequest, body: Body): string {
  const offers = body.user_public_key === undefined ? [JSON_TYPE, ...CREDS_TYPES] : [JSON_TYPE];
  const type = bestType(request.headers.accept, offers);
  if (type === undefined) throw new StsError("not_acceptable");
  return type;
}

function answer(credential: Credential, config: Config): Answer {
  const { jwt, seed, user_public_key, account_public_key, issued_at, id, grant } = credential;
  const { account, roles, publish, subscribe, inbox_prefix, expires_at } = grant;
  return {
    jwt,
    ...(seed !== undefined && { seed }),
    user_public_key,
    account,
    account_public_key,
    roles: [...roles],
    publish: [...publish],
    subscribe: [...subscribe],
    inbox_prefix,
    servers: [...(config.accounts.find(({ name }) => name === account)?.servers ?? [])],
    issued_at,
    expires_at,
    refresh_after: issued_at + Math.floor((expires_at - issued_at) * REFRESH_AFTER),
    id,
  };
}

function credsOf({ jwt, seed = "", grant }: Credential): string {
  return credsText(jwt, seed, grant.inbox_prefix, grant.expires_at);
}
