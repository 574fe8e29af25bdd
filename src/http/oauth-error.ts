import { Type } from "typebox";
import { ERRORS, type ErrorCode } from "../errors.ts";
import type { ErrorForm } from "./error-form.ts";
import { Code, RequestId } from "./problem.ts";

/** An OAuth error (RFC 6749 §5.2) with our own `code` and `request_id`. */
export const OAuthError = Type.Object(
  {
    error: Type.Enum([...new Set(Object.values(ERRORS).map(({ oauth }) => oauth))], {
      type: "string",
      description: "As OAuth has it; `code` says it more exactly.",
    }),
    error_description: Type.String({
      description: "What to do about it: one sentence for each code.",
    }),
    code: Code,
    request_id: RequestId,
  },
  {
    $id: "OAuthError",
    title: "OAuthError",
    description: "An error of the token endpoint (RFC 6749 section 5.2).",
  },
);

/** Errors of the token endpoint, whatever went wrong. */
export const OAUTH_FORM: ErrorForm = {
  media_type: "application/json",
  schema: OAuthError,
  status: oauthStatus,
  body(code, request_id) {
    const { oauth, say } = ERRORS[code];
    return { error: oauth, error_description: say, code, request_id };
  },
  headers: (error): Readonly<Record<string, string>> => ({
    pragma: "no-cache", // RFC 6749 §5.2, for caches that know no cache-control
    ...(oauthStatus(error.code) === 401 && { "www-authenticate": 'Basic realm="nats-sts"' }),
  }),
};

/** What is wrong with a token is no fault of the client's, so it is 400 here (RFC 8693 §2.2.2). */
const SAID_AS_400: readonly number[] = [400, 401, 403, 409];

function oauthStatus(code: ErrorCode): number {
  const { status, oauth } = ERRORS[code];
  if (oauth === "invalid_client") return status; // RFC 6749 §5.2: 401, with a challenge
  return SAID_AS_400.includes(status) ? 400 : status;
}
