import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from "fastify";
import { StsError } from "../errors.ts";
import type { Act, Entry } from "../line/index.ts";
import { addressKey, addressOf } from "./address.ts";
import type { Behind } from "./door.ts";
import { asStsError, sendError } from "./error-form.ts";
import type { Listener } from "./listener.ts";
import { preparedDoor } from "./prepared.ts";
import { problemForm } from "./problem.ts";
import { askedBy, presentedToken } from "./request.ts";

/** What stands behind the door of administration. `app/` builds the real one. */
export interface AdminBehind
  extends Pick<Behind, "config" | "admit" | "refuse" | "stopping" | "leaving"> {
  /** The events that fit and that the bearer may see, the newest last. Refuses by throwing. */
  journal(act: Pick<Act, "token" | "asked">, words: Words): Promise<readonly object[]>;
}

/** The query, word by word. */
export type Words = Readonly<Record<string, string>>;

const ADMIN_JOURNAL_PATH = "/v1/journal";

/**
 * The door of administration: a listener of its own, tokens with an audience of their own. What it
 * answers is who got what: never cached, and each look is itself on record.
 */
export function adminDoor(
  behind: AdminBehind,
  logger: FastifyBaseLogger,
  listener: Listener,
): FastifyInstance {
  const { config, leaving, stopping } = behind;
  const { serverFactory } = listener;
  const problems = problemForm(config.public_url);
  const formAt = () => problems;
  const app = preparedDoor({ config, logger, serverFactory, formAt, leaving, stopping });
  app.get(
    ADMIN_JOURNAL_PATH,
    {
      onRequest: async (request) => behind.admit(addressKey(addressOf(request))),
      errorHandler: async (error, request, reply) =>
        sendError(
          await behind.refuse(asStsError(error), entryOf(request)),
          request,
          reply,
          problems,
        ),
    },
    async (request, reply) => {
      const act = { token: presentedToken(request), asked: entryOf(request) };
      const words = wordsIn(request);
      const events = await behind.journal(act, words).catch((error: unknown) => asStsError(error));
      // The line has journaled its refusals itself.
      if (events instanceof StsError) return sendError(events, request, reply, problems);
      reply.header("cache-control", "no-store");
      return { events };
    },
  );
  return app;
}

const entryOf = (request: FastifyRequest): Entry => ({ ...askedBy(request), door: "admin" });

/** @throws StsError `request_invalid` for a word that is there twice */
function wordsIn({ query }: FastifyRequest): Words {
  const words = Object.entries(query as Record<string, unknown>); // as Fastify parses it
  const several = words.find(([, value]) => typeof value !== "string");
  if (several)
    throw new StsError("request_invalid", { reason: "a word of the query is there twice" });
  return Object.fromEntries(words) as Words; // as just asked
}
