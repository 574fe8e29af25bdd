import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { StsError } from "../errors.ts";
import type { DpopProof } from "../identity/index.ts";
import type { Asked } from "../journal/index.ts";
import type { UserKeyClaim } from "../keys/index.ts";
import { type Entry, entryOf } from "../line/index.ts";
import { addressOf } from "./address.ts";

/** The shortest lifetime that can be asked for, in seconds. */
export const TTL_MINIMUM_S = 5;

/** No request names more roles. */
export const ROLES_LIMIT = 100;

const Subjects = (direction: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 1024 }), {
    maxItems: 1000,
    description: `${direction} only these subjects, each within one that you are granted. Empty: none.`,
  });

/** What a caller may ask less of. */
export const NARROWING = {
  account: Type.String({ description: "The account, where your roles are in several." }),
  roles: Type.Array(Type.String(), {
    minItems: 1,
    maxItems: ROLES_LIMIT,
    description: "Only these roles.",
  }),
  publish: Subjects("Publish to"),
  subscribe: Subjects("Subscribe to"),
  ttl_s: Type.Integer({
    minimum: TTL_MINIMUM_S,
    maximum: Number.MAX_SAFE_INTEGER,
    description: "Lifetime in seconds, if shorter.",
  }),
};

const USER_AGENT_LIMIT_CHARACTERS = 256;

/** RFC 6750 §2.1: the scheme is case-insensitive, the token is `b64token`. */
const PRESENTED = /^(?:bearer|dpop) +([A-Za-z0-9._~+/-]+=*) *$/i;

/**
 * The token of an `Authorization` header, `Bearer` or `DPoP` (RFC 9449 §7.1). No other place is looked at.
 *
 * @throws StsError `token_missing`, `token_malformed`
 */
export function presentedToken(request: FastifyRequest): string {
  const header = request.headers.authorization ?? "";
  if (!/^(?:bearer|dpop) +[^ ]/i.test(header)) throw new StsError("token_missing");
  const token = PRESENTED.exec(header)?.[1];
  if (token === undefined) throw new StsError("token_malformed", { reason: "is not a b64token" });
  return token;
}

/**
 * The proof of possession that came with a token, for this method and URL.
 *
 * @param scheme whether the Authorization header says that there is one, and the proof names the token
 * @throws StsError `token_binding_invalid` where it is missing
 */
export function proofIn(
  request: FastifyRequest,
  url: string,
  scheme: "authorization" | "form",
): DpopProof | undefined {
  const header = request.headers["dpop"];
  const jwt = Array.isArray(header) ? header.join() : header;
  const names_token = scheme === "authorization";
  // A bearer token stays one: what stands beside it is not looked at.
  if (names_token && !/^dpop /i.test(request.headers.authorization ?? "")) return undefined;
  if (jwt !== undefined) return { jwt, method: request.method, url, names_token };
  if (!names_token) return undefined;
  throw new StsError("token_binding_invalid", { reason: "there is no header DPoP" });
}

/**
 * The caller's own key and its proof, as they came.
 *
 * @throws StsError `request_invalid` for a proof without a key
 */
export function userKeyIn(wishes: {
  readonly user_public_key: string | undefined;
  readonly user_key_proof: string | undefined;
}): UserKeyClaim {
  const { user_public_key: public_key, user_key_proof: proof } = wishes;
  if (public_key === undefined && proof !== undefined)
    throw new StsError("request_invalid", { reason: "user_key_proof without user_public_key" });
  return { ...(public_key !== undefined && { public_key }), ...(proof !== undefined && { proof }) };
}

/**
 * Refuses any attempt of a client to authenticate itself: the token is all that counts here.
 *
 * @throws StsError `client_auth_unsupported`
 */
export function noAuthorization(request: FastifyRequest): void {
  if (request.headers.authorization !== undefined) throw new StsError("client_auth_unsupported");
}

/** What the journal knows of a request that was refused before anybody looked at its token. */
export function unreadBy(request: FastifyRequest): Entry {
  const asked = askedBy(request);
  const token = claimedToken(request);
  return token === undefined ? asked : entryOf({ asked, token });
}

/** What was sent as a token, whether it is one or not. */
function claimedToken({ headers, body }: FastifyRequest): string | undefined {
  const sent = /^(?:bearer|dpop) +([^ ].*)/i.exec(headers.authorization ?? "")?.[1];
  if (sent !== undefined || typeof body !== "object" || body === null) return sent;
  const { subject_token } = body as { subject_token?: unknown }; // what it is is looked at here
  return typeof subject_token === "string" ? subject_token : undefined;
}

/** The request as the journal knows it. */
export function askedBy(request: FastifyRequest): Asked {
  const client_request_id = request.headers["x-request-id"];
  const user_agent = request.headers["user-agent"];
  return {
    door: "http",
    request_id: request.id,
    ...(typeof client_request_id === "string" &&
      /^[\w-]{1,64}$/.test(client_request_id) && { client_request_id }),
    address: addressOf(request),
    ...(user_agent !== undefined && {
      user_agent: user_agent.slice(0, USER_AGENT_LIMIT_CHARACTERS),
    }),
  };
}
