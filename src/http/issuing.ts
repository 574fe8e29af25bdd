import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import type { Credential } from "../credential/index.ts";
import { StsError } from "../errors.ts";
import type { Ask } from "../line/index.ts";
import { addressKey, addressOf } from "./address.ts";
import { forgetTypeOfNothing, refuseEncoded } from "./bodies.ts";
import type { Behind } from "./door.ts";
import { asStsError, type ErrorForm, sendError } from "./error-form.ts";
import { askedBy, unreadBy } from "./request.ts";

/** What a request asks for, and how the credential is to be answered. */
interface Reading<Result> {
  readonly ask: Omit<Ask, "asked">;
  answer(result: Result, reply: FastifyReply): unknown;
}

/** What is special about a route that gives credentials, or says which. Each function refuses by throwing. */
export interface IssuingRoute<Body, Result> {
  readonly url: string;
  readonly schema: FastifySchema;
  readonly form: ErrorForm;
  /** Looks at the headers before the body is read. */
  admit(request: FastifyRequest): void;
  /** Looks at the body before its schema does: for refusals with a code of their own. */
  inspect?(body: unknown): void;
  /** Everything is decided here, before anything is signed. */
  read(request: FastifyRequest<{ Body: Body }>): Reading<Result>;
  /** The line, or a part of it. It journals its refusals itself. */
  work(ask: Ask): Promise<Result>;
}

/** A route that gives credentials: whichever it is, every refusal is journaled and none is cached. */
export function issuingRoute<Body, Result = Credential>(
  app: FastifyInstance,
  behind: Behind,
  route: IssuingRoute<Body, Result>,
): void {
  const { url, schema, form } = route;
  app.post<{ Body: Body }>(
    url,
    {
      schema,
      onRequest: async (request, reply) => {
        behind.admit(addressKey(addressOf(request)));
        // RFC 9449 §8.2: also with what succeeds, so that clients have the next one before it is needed.
        const nonce = request.headers["dpop"] === undefined ? undefined : behind.proofNonce();
        if (nonce !== undefined) reply.header("dpop-nonce", nonce);
        route.admit(request);
        forgetTypeOfNothing(request);
        refuseEncoded(request);
      },
      // No body at all is a body without wishes; a body that says null is not.
      preValidation: async (request: FastifyRequest) => {
        if (request.body === undefined) request.body = {};
        route.inspect?.(request.body);
      },
      errorHandler: async (error, request, reply) => {
        const refusal = await behind.refuse(asStsError(error), unreadBy(request));
        return sendError(refusal, request, reply, form);
      },
    },
    async (request, reply) => {
      const { ask, answer } = route.read(request);
      const result = await route
        .work({ ...ask, asked: askedBy(request) })
        .catch((error: unknown) => asStsError(error));
      if (result instanceof StsError) return sendError(result, request, reply, form);
      reply.header("cache-control", "no-store");
      return answer(result, reply);
    },
  );
}
