/**
 * What they get: a grant becomes a signed NATS user JWT, with or without its seed.
 *
 * Promises: both directions, the conditions and the end are always written, and asserted on what
 * was encoded; a JWT that servers would not read is refused. May touch: the signer that is handed
 * in. The claims are a pure function.
 */
export { assertBounded, type UserClaims, userClaims } from "./claims.ts";
export { credsText } from "./creds.ts";
export { encodeUser, JWT_LIMIT_BYTES, jwtBytes } from "./encode.ts";
export { type Credential, mint } from "./mint.ts";
export { trialMint } from "./trial.ts";
