/**
 * Who is calling. Turns a token into an identity, or says why not.
 *
 * Promises: nothing of an unverified token is used but its `iss`, as a key into the configured
 * issuers; the fault of the network is never put down to the token. May touch: the network, to
 * fetch what the configured issuers publish; the files that the configuration names for their keys.
 */
export { DPOP_ALGORITHMS, type DpopProof } from "./dpop.ts";
export { type Examined, examineIssuer } from "./examine.ts";
export type { Fetch } from "./fetch.ts";
export { type Identity, identityDigest, type Kind, rateKey } from "./identity.ts";
export { type Checked, type Inspection, inspectToken } from "./inspect.ts";
export { type Issuers, trustedIssuers } from "./issuer.ts";
export { parseStrict } from "./json.ts";
export { providersPage } from "./page.ts";
export type { Preset } from "./preset.ts";
export { PRESETS } from "./presets.ts";
export { type ProofNonces, proofNonces } from "./proof-nonces.ts";
export { type ClaimsIssuer, claimsIn, identify, issuerOfClaims } from "./unproved.ts";
export { type UsedProofs, usedProofs } from "./used-proofs.ts";
export { type Verifier, verify } from "./verify.ts";
