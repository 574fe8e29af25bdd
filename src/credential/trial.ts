import { decodePublicKey, signatureFits } from "../keys/index.ts";
import type { Grant } from "../policy/index.ts";
import { assertBounded } from "./claims.ts";
import { type Credential, type MintFor, mint } from "./mint.ts";

/** Seconds: a trial credential is used at once or not at all. */
const TRIAL_TTL_S = 60;

/**
 * Mints a credential that permits nothing and reads it back as a server would, to know whether this
 * account can be served. It is for trying a server at most, and never for a caller.
 *
 * @param scoped whether the key has to say what is permitted: the credential then says nothing, which
 *   permits everything where the account lists the key without a scope
 * @throws whatever keeps a credential from being minted
 */
export async function trialMint(
  name: string,
  account: MintFor["account"],
  now_s: number,
  scoped = false,
): Promise<Credential> {
  const scoped_key = scoped ? account.signer.public_key : undefined;
  const grant: Grant = {
    account: name,
    roles: [],
    publish: [],
    subscribe: [],
    connection_types: ["STANDARD"],
    limits: {},
    ...(scoped_key !== undefined && { scoped_key }),
    inbox_prefix: "_INBOX.trial",
    expires_at: now_s + TRIAL_TTL_S,
  };
  const nobody = { issuer: "trial", digest: "0".repeat(64), policy: "0".repeat(64) };
  const to = { ...nobody, request_id: "trial", user_key: undefined, account, now_s };
  const credential = await mint(grant, to);
  const [header, payload = "", signature = ""] = credential.jwt.split(".");
  assertBounded(JSON.parse(Buffer.from(payload, "base64url").toString()), scoped_key);
  const key = decodePublicKey("account", account.signer.public_key);
  const data = Buffer.from(`${header}.${payload}`);
  if (!key || !signatureFits(key, data, Buffer.from(signature, "base64url"))) {
    throw new Error("the signature does not verify");
  }
  return credential;
}
