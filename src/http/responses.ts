import type { TSchema } from "typebox";
import { ERRORS, type ErrorCode } from "../errors.ts";
import type { ErrorForm } from "./error-form.ts";

/** A documented answer: what Fastify serialises by, and what stands in the OpenAPI document. */
export interface Documented {
  readonly description: string;
  readonly headers: Readonly<Record<string, Header>>;
  readonly content: Readonly<Record<string, { readonly schema: object }>>;
}

interface Header {
  readonly type: "string" | "integer";
  readonly description: string;
}

const REQUEST_ID: Readonly<Record<string, Header>> = {
  "X-Request-Id": { type: "string", description: "Our id of the request." },
};
const NO_STORE: Readonly<Record<string, Header>> = {
  "Cache-Control": { type: "string", description: "`no-store`." },
};
const RETRY_AFTER: Readonly<Record<string, Header>> = {
  "Retry-After": { type: "integer", description: "Seconds to wait before the next try." },
};
const CHALLENGE: Readonly<Record<string, Header>> = {
  "WWW-Authenticate": { type: "string", description: "How to authenticate, and what was wrong." },
};

const NONCE: Readonly<Record<string, Header>> = {
  "DPoP-Nonce": {
    type: "string",
    description: "What the next proof of possession must hold, where this service wants nonces.",
  },
};

/** Every route can answer with these. */
export const COMMON_CODES: readonly ErrorCode[] = [
  ...(["request_invalid", "headers_too_large", "shutting_down", "internal"] as const),
];

/** Codes that belong to some routes alone, or to no route at all. */
const ELSEWHERE: readonly ErrorCode[] = [
  ...(["not_found", "method_not_allowed", "not_acceptable", "permission_not_granted"] as const),
  "admin_not_granted",
  ...(["grant_type_unsupported", "target_invalid", "client_auth_unsupported"] as const),
];

/** What every route that gives credentials can answer with. */
export const ISSUING_CODES = (Object.keys(ERRORS) as ErrorCode[]) // the keys of a constant
  .filter((code) => !ELSEWHERE.includes(code));

/** What is decided about a request, or about the key that came with it. */
const DECIDED: readonly ErrorCode[] = [
  ...(["no_rule_matched", "account_required", "account_not_granted", "role_not_granted"] as const),
  ...(["roles_conflict", "permissions_too_large", "signer_unavailable", "token_replayed"] as const),
  ...(["user_key_invalid", "user_key_proof_invalid", "user_key_in_use"] as const),
];

/** What a route can answer with that says what would be given: a refusal is no error there. */
export const EXPLAINING_CODES = ISSUING_CODES.filter((code) => !DECIDED.includes(code));

/** A reference to a schema that the door has been given. */
export const refTo = ({ $id }: TSchema & { readonly $id?: string }) => ({ $ref: `${$id}#` });

/** An answer that is no error. */
export function success(
  description: string,
  content: Readonly<Record<string, object>>,
  options: { readonly secret?: boolean } = { secret: true },
): Documented {
  return {
    description,
    headers: { ...REQUEST_ID, ...(options.secret && NO_STORE) },
    content: Object.fromEntries(
      Object.entries(content).map(([type, schema]) => [type, { schema }]),
    ),
  };
}

/** RFC 6750 §3.1 has a challenge for a scope that is missing, too. */
const isChallenged = (status: number, codes: readonly ErrorCode[]) =>
  status === 401 || (status === 403 && codes.includes("insufficient_scope"));

/** The errors of a route by their status, each with the codes that it can have. */
export function errorResponses(
  form: ErrorForm,
  codes: readonly ErrorCode[],
): Readonly<Record<number, Documented>> {
  const statuses = [...new Set(codes.map((code) => form.status(code)))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => {
      const those = codes.filter((code) => form.status(code) === status).sort();
      return [
        status,
        {
          description: those.map((code) => `- \`${code}\`: ${ERRORS[code].say}`).join("\n"),
          headers: {
            ...REQUEST_ID,
            ...NO_STORE,
            ...(isChallenged(status, those) && CHALLENGE),
            ...(those.includes("dpop_nonce_required") && NONCE),
            ...((status === 429 || status === 503) && RETRY_AFTER),
          },
          content: { [form.media_type]: { schema: refTo(form.schema) } },
        },
      ];
    }),
  );
}
