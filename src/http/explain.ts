import type { FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import { ERRORS, type ErrorCode } from "../errors.ts";
import type { Explanation } from "../line/index.ts";
import { detailsOf } from "../policy/index.ts";
import { JSON_TYPE } from "./accept.ts";
import { GRANTED, type Told } from "./answer.ts";
import type { Behind } from "./door.ts";
import { issuingRoute } from "./issuing.ts";
import { EXPLAIN_PATH } from "./paths.ts";
import { problemForm } from "./problem.ts";
import { NARROWING, presentedToken, proofIn } from "./request.ts";
import { EXPLAINING_CODES, errorResponses, refTo, success } from "./responses.ts";

const Body = Type.Partial(Type.Object(NARROWING), {
  additionalProperties: false,
  description: "The request in question. No body, or an empty one: for everything.",
});
type Body = Static<typeof Body>;

/** The answer of `POST /v1/explain`. It tells what a caller has, and never what it would have to be. */
export const Explained = Type.Object(
  {
    identity: Type.Object(
      { issuer: Type.String(), kind: Type.String(), subject: Type.String() },
      { description: "Who you are here." },
    ),
    roles: Type.Record(Type.String({ pattern: "^" }), Type.Array(Type.String()), {
      description: "All your roles, by the name of their account.",
    }),
    allowed: Type.Boolean({ description: "Whether this request would be given a credential." }),
    grant: Type.Optional(
      Type.Object(GRANTED, { description: "What that credential would permit." }),
    ),
    code: Type.Optional(Type.String({ description: "With which it would be refused." })),
    detail: Type.Optional(Type.String({ description: "The same in a sentence." })),
  },
  {
    $id: "Explanation",
    title: "Explanation",
    description: "What a caller would get, and why not.",
  },
);

/** `POST /v1/explain`: what a request would be given, without giving it. There where the operator allows it. */
export function explainRoute(app: FastifyInstance, behind: Behind): void {
  const { config } = behind;
  if (!config.explain) return;
  const form = problemForm(config.public_url);
  issuingRoute<Body, Explanation>(app, behind, {
    url: EXPLAIN_PATH,
    form,
    schema: {
      operationId: "explainRequest",
      tags: ["credentials"],
      summary: "Ask what a request would be given",
      description:
        "Send what you would send for a credential: the answer says who you are, which roles you " +
        "have, and what that request would be given or why it would be refused. Nothing is issued, " +
        "and no token is used up. There is no such path unless the operator set `explain: true`.",
      security: [{ token: [] }],
      body: Body,
      response: {
        200: success("The explanation.", { [JSON_TYPE]: refTo(Explained) }),
        ...errorResponses(form, ["not_found", ...EXPLAINING_CODES]),
      },
    },
    admit: presentedToken,
    work: behind.explain,
    read(request) {
      const proof = proofIn(request, `${config.public_url}${EXPLAIN_PATH}`, "authorization");
      const token = presentedToken(request);
      return { ask: { token, proof, narrowing: request.body, user_key: {} }, answer: explained };
    },
  });
}

function explained({ identity, roles, decision }: Explanation): Told<Static<typeof Explained>> {
  const { issuer, kind, subject } = identity;
  const who = { identity: { issuer, kind, subject }, roles };
  if (!decision.allow) return { ...who, allowed: false, ...refusal(decision.code) };
  const { account, roles: held, publish, subscribe, inbox_prefix, expires_at } = decision.grant;
  const subjects = { account, roles: held, publish, subscribe, ...detailsOf(decision.grant) };
  return { ...who, allowed: true, grant: { ...subjects, inbox_prefix, expires_at } };
}

const refusal = (code: ErrorCode) => ({ code, detail: ERRORS[code].say });
