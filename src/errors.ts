/** One way to fail: what HTTP says, what OAuth says, and the one sentence that the caller reads. */
interface Row {
  readonly status: 400 | 401 | 403 | 404 | 405 | 406 | 409 | 413 | 415 | 429 | 431 | 500 | 503;
  /** RFC 6749 §5.2 `error` on the OAuth token endpoint. */
  readonly oauth: string;
  /** Constant, ASCII, without `"` and `\`: it also has to fit an OAuth `error_description`. */
  readonly say: string;
}

/**
 * Every way in which an exchange can fail: the list of codes, the HTTP mapping and what the caller
 * reads. Nothing that was learned on the way can leak through a sentence that never changes.
 */
export const ERRORS = {
  request_invalid: row(
    400,
    "invalid_request",
    "The request does not match the schema: send only documented fields, once and in their documented form.",
  ),
  token_missing: row(
    401,
    "invalid_request",
    "No token came: send that of your identity provider in the header Authorization: Bearer, or to the token endpoint as subject_token.",
  ),
  token_malformed: row(
    401,
    "invalid_request",
    "The token is not a signed JWT in compact form: send it as the identity provider issued it.",
  ),
  token_too_large: row(
    401,
    "invalid_request",
    "The token is larger than this service accepts: request one with fewer claims.",
  ),
  issuer_untrusted: row(
    401,
    "invalid_request",
    "No configured issuer matches the iss of this token: ask the operator which issuers are trusted.",
  ),
  token_algorithm_not_allowed: row(
    401,
    "invalid_request",
    "The token is signed with an algorithm that is not allowed for its issuer: change it at the identity provider.",
  ),
  token_type_not_allowed: row(
    401,
    "invalid_request",
    "This kind of token is not accepted: send an access token, not an ID, refresh or logout token.",
  ),
  token_signature_invalid: row(
    401,
    "invalid_request",
    "The signature of the token does not match a current key of its issuer: request a new token.",
  ),
  token_audience_mismatch: row(
    401,
    "invalid_request",
    "The token is meant for another audience: request one for the audience of this service.",
  ),
  token_expired: row(
    401,
    "invalid_request",
    "The token has expired or has less than five seconds left: request a new one.",
  ),
  token_not_yet_valid: row(
    401,
    "invalid_request",
    "The token is not valid yet: check that the clocks of issuer, caller and service agree.",
  ),
  token_claims_invalid: row(
    401,
    "invalid_request",
    "A claim that is required of this token is missing or has the wrong type or a value that is not accepted: compare the token with the documentation.",
  ),
  token_replayed: row(
    401,
    "invalid_request",
    "The token was used before, and tokens of its issuer are good for one credential: request a new one, or retry with the same user_public_key.",
  ),
  token_binding_invalid: row(
    401,
    "invalid_request",
    "The token and the proof of possession do not fit: send a token that is bound to a key as DPoP with a fresh proof for this request, any other as Bearer.",
  ),
  dpop_nonce_required: row(
    401,
    "use_dpop_nonce",
    "The proof of possession needs a nonce of this service that is still good: make a new proof with that of the header DPoP-Nonce.",
  ),
  insufficient_scope: row(
    403,
    "invalid_request",
    "The token lacks a scope that is required here: request it with the scopes of the challenge.",
  ),
  no_rule_matched: row(
    403,
    "invalid_request",
    "No rule of the policy matches this identity: give the operator the request id to learn why.",
  ),
  admin_not_granted: row(
    403,
    "invalid_request",
    "Your identity may not do this: ask the operator for a rule that gives it an admin role.",
  ),
  account_required: row(
    400,
    "invalid_target",
    "This identity has roles in several accounts: name one in account, at the token endpoint in audience.",
  ),
  account_not_granted: row(
    403,
    "invalid_target",
    "This identity has no role in the requested account: ask for another, or for none.",
  ),
  role_not_granted: row(
    403,
    "invalid_scope",
    "This identity does not have every requested role: ask for fewer, or for none.",
  ),
  permission_not_granted: row(
    403,
    "invalid_request",
    "A requested subject is not covered by one granted to this identity: ask for a narrower one.",
  ),
  roles_conflict: row(
    403,
    "invalid_request",
    "The roles of this identity have no condition in common: pick those you need in roles, at the token endpoint in scope.",
  ),
  permissions_too_large: row(
    403,
    "invalid_request",
    "The credential would be larger than NATS servers accept: ask for fewer roles or subjects.",
  ),
  user_key_invalid: row(
    400,
    "invalid_request",
    "user_public_key is not the public nkey of a user: send the U key of a new user key pair.",
  ),
  user_key_proof_invalid: row(
    400,
    "invalid_request",
    "user_key_proof is missing or does not prove this key for this token and service: sign again as documented.",
  ),
  user_key_in_use: row(
    409,
    "invalid_request",
    "This user key belongs to another identity for now: make a new key pair.",
  ),
  grant_type_unsupported: row(
    400,
    "unsupported_grant_type",
    "This grant type is not supported: send urn:ietf:params:oauth:grant-type:token-exchange.",
  ),
  target_invalid: row(
    400,
    "invalid_target",
    "The resource is not this service, or a target was sent twice: send resource and audience at most once, resource as the metadata has it.",
  ),
  client_auth_unsupported: row(
    401,
    "invalid_client",
    "Clients do not authenticate here: send no Authorization header, and the token as subject_token.",
  ),
  not_found: row(
    404,
    "invalid_request",
    "There is nothing at this path: see the documentation for what is.",
  ),
  method_not_allowed: row(
    405,
    "invalid_request",
    "This path does not take this method: use one of those in the Allow header.",
  ),
  not_acceptable: row(
    406,
    "invalid_request",
    "The answer has no form that Accept allows: ask for application/json, or for application/vnd.nats.creds when the key is not your own.",
  ),
  body_too_large: row(
    413,
    "invalid_request",
    "The request body is larger than this service accepts: send less.",
  ),
  content_type_unsupported: row(
    415,
    "invalid_request",
    "This content type is not supported: send the body as application/json, to the token endpoint as a form.",
  ),
  rate_limited: row(
    429,
    "invalid_request",
    "Too many requests for now: wait as long as Retry-After says.",
  ),
  headers_too_large: row(
    431,
    "invalid_request",
    "The request headers are larger than this service accepts: send fewer, or a smaller token.",
  ),
  issuer_unavailable: row(
    503,
    "temporarily_unavailable",
    "The keys of the issuer cannot be fetched at the moment: try again later.",
  ),
  journal_unavailable: row(
    503,
    "temporarily_unavailable",
    "The decision cannot be recorded at the moment, so no credential is given: try again later.",
  ),
  signer_unavailable: row(
    503,
    "temporarily_unavailable",
    "The signing key of the account cannot be used at the moment: try again later.",
  ),
  overloaded: row(
    503,
    "temporarily_unavailable",
    "The service is at a limit at the moment: try again later.",
  ),
  clock_unreliable: row(
    503,
    "temporarily_unavailable",
    "The clock of this instance cannot be trusted at the moment: try again later.",
  ),
  shutting_down: row(
    503,
    "temporarily_unavailable",
    "This instance is shutting down: try again, another one will answer.",
  ),
  internal: row(
    500,
    "server_error",
    "The service failed in a way that it did not expect: give the operator the request id.",
  ),
} as const satisfies Record<string, Row>;

export type ErrorCode = keyof typeof ERRORS;

/**
 * An expected refusal or failure. Callers match on `code`; `detail` and `cause` are for the journal
 * and the log alone, and hold names and reasons, never a token, a seed or a claim value.
 */
export class StsError extends Error {
  override readonly name = "StsError";
  readonly code: ErrorCode;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, detail: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(ERRORS[code].say, options);
    this.code = code;
    this.detail = detail;
  }
}

function row<S extends Row["status"]>(status: S, oauth: string, say: string) {
  return { status, oauth, say };
}
