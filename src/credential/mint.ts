import { makeUserKey, type Signer } from "../keys/index.ts";
import type { Grant } from "../policy/index.ts";
import { userClaims } from "./claims.ts";
import { encodeUser } from "./encode.ts";

/** A NATS user credential: what leaves with the answer. */
export interface Credential {
  /** The `jti` of the JWT. */
  readonly id: string;
  readonly jwt: string;
  /** Absent when the caller brought its own key: then nobody but the caller ever had it. */
  readonly seed?: string;
  readonly user_public_key: string;
  readonly account_public_key: string;
  readonly signing_key: string;
  /** Unix seconds. */
  readonly issued_at: number;
  readonly grant: Grant;
}

/** For whom, in which account, by which request. Name and tags of the JWT are made from these. */
export interface MintFor {
  /** Name of the issuer. */
  readonly issuer: string;
  /** Digest of the identity. */
  readonly digest: string;
  /** Digest of the policy. */
  readonly policy: string;
  readonly request_id: string;
  /** The caller's own key, `U…`; without it one is made here. */
  readonly user_key: string | undefined;
  readonly account: { readonly public_key: string; readonly signer: Signer };
  /** Unix seconds. */
  readonly now_s: number;
}

/** Digits of a digest that stand in names and tags: enough to find it, short enough to read. */
const SHORT_DIGITS = 16;

/**
 * Signs a NATS user JWT for a grant, with a new key pair unless the caller brought one.
 *
 * @throws StsError `permissions_too_large`, `signer_unavailable`
 */
export async function mint(grant: Grant, to: MintFor): Promise<Credential> {
  const { account, request_id, now_s } = to;
  const identity = to.digest.slice(0, SHORT_DIGITS);
  const policy = to.policy.slice(0, SHORT_DIGITS);
  const key = to.user_key === undefined ? makeUserKey() : { public_key: to.user_key };
  const claims = userClaims(grant, {
    name: `${to.issuer}:${identity}`,
    user_public_key: key.public_key,
    account_public_key: account.public_key,
    signing_key: account.signer.public_key,
    issued_at: now_s,
    tags: [`identity:${identity}`, `policy:${policy}`, `request:${request_id}`],
  });
  const { jwt, id } = await encodeUser(claims, account.signer, grant.scoped_key);
  return {
    id,
    jwt,
    ...("seed" in key && { seed: key.seed }),
    user_public_key: key.public_key,
    account_public_key: account.public_key,
    signing_key: account.signer.public_key,
    issued_at: now_s,
    grant,
  };
}
