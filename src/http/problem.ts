import { STATUS_CODES } from "node:http";
import { Type } from "typebox";
import { ERRORS, type ErrorCode, type StsError } from "../errors.ts";
import { DPOP_ALGORITHMS } from "../identity/index.ts";
import type { ErrorForm } from "./error-form.ts";
import { resourceMetadataUrl } from "./paths.ts";

/** The codes of the table, as a schema: what is documented cannot drift from it. */
export const Code = Type.Enum(Object.keys(ERRORS), {
  type: "string",
  description: "What went wrong, in a word that never changes. Match on this.",
});

/** An id of ours, as a schema. */
export const RequestId = Type.String({
  format: "uuid",
  description: "The operator finds the whole reason in the journal under this id.",
});

/** A problem document (RFC 9457) with our own `code` and `request_id`. */
export const Problem = Type.Object(
  {
    type: Type.Literal("about:blank"),
    title: Type.String({ description: "The phrase of the status." }),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String({ description: "What to do about it: one sentence for each code." }),
    code: Code,
    request_id: RequestId,
  },
  { $id: "Problem", title: "Problem", description: "An error (RFC 9457)." },
);

/** Errors of every door but the OAuth one, whatever went wrong and whatever Accept says. */
export function problemForm(public_url: string): ErrorForm {
  return {
    media_type: "application/problem+json",
    schema: Problem,
    status: (code) => ERRORS[code].status,
    body(code, request_id) {
      const { status, say } = ERRORS[code];
      const title = STATUS_CODES[status] ?? "";
      return { type: "about:blank", title, status, detail: say, code, request_id };
    },
    headers: (error): Readonly<Record<string, string>> =>
      isChallenged(error.code) ? { "www-authenticate": challenge(error, public_url) } : {},
  };
}

const isChallenged = (code: ErrorCode) =>
  ERRORS[code].status === 401 || code === "insufficient_scope";

/** RFC 6750 §3, RFC 9449 §7.1 and §9, RFC 9728 §5.1. Without a token there is nothing to find fault with, so no error code. */
function challenge({ code, detail }: StsError, public_url: string): string {
  const parts = [`resource_metadata="${resourceMetadataUrl(public_url)}"`];
  if (code === "insufficient_scope") {
    const scopes = detail["required_scopes"] as readonly string[]; // from the configuration
    parts.unshift('error="insufficient_scope"', `scope="${scopes.join(" ")}"`);
  } else if (code !== "token_missing") {
    const error = code === "dpop_nonce_required" ? "use_dpop_nonce" : "invalid_token";
    parts.unshift(`error="${error}"`, `error_description="${ERRORS[code].say}"`);
  }
  const by_proof = code === "token_binding_invalid" || code === "dpop_nonce_required";
  if (by_proof) parts.unshift(`algs="${DPOP_ALGORITHMS.join(" ")}"`);
  return `${by_proof ? "DPoP" : "Bearer"} ${parts.join(", ")}`;
}
