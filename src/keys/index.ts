/**
 * The keys: the accounts' signing keys in memory, and the user keys that leave with an answer.
 *
 * Promises: the only room that sees a signing seed; it is bytes in one place, never a string, and
 * nothing that can be printed shows it. Refuses keys that this service must not hold. May touch:
 * the key files that the configuration names.
 */
export { userKeyOf, userKeyProof } from "./held-key.ts";
export { instanceKey, makeInstanceKey } from "./instance-key.ts";
export { type Owner, readSecret } from "./key-file.ts";
export { base32, decodePublicKey } from "./nkey.ts";
export { type KeyRing, loadKeyRing, type RingKey } from "./ring.ts";
export { type Signer, seedSigner, signatureFits } from "./signer.ts";
export { makeUserKey, proofText, provenKey, type UserKey, type UserKeyClaim } from "./user-key.ts";
