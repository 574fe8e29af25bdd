import type { Grant } from "../policy/index.ts";

/** Everything that the JWT says about its holder beside the grant. */
export interface Holder {
  /** `<issuer name>:<16 hex of the identity>`: shown by the server, never used for access. */
  readonly name: string;
  readonly user_public_key: string;
  readonly account_public_key: string;
  /** Public key of the account signing key that signs. */
  readonly signing_key: string;
  /** Unix seconds. */
  readonly issued_at: number;
  readonly tags: readonly string[];
}

/** NATS's permissions for one direction. */
interface Permission {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

/** The claims of a NATS user JWT, version 2, in the members that nats-server reads. */
export interface UserClaims {
  readonly exp: number;
  readonly iat: number;
  readonly iss: string;
  readonly name: string;
  readonly sub: string;
  readonly nats: {
    readonly pub: Permission;
    readonly sub: Permission;
    readonly subs: number;
    readonly data: number;
    readonly payload: number;
    readonly src?: readonly string[];
    readonly times?: readonly { readonly start: string; readonly end: string }[];
    readonly times_location?: string;
    readonly allowed_connection_types: readonly string[];
    readonly issuer_account: string;
    readonly tags?: readonly string[];
    readonly type: "user";
    readonly version: 2;
  };
}

const UNLIMITED = -1;

/**
 * The claims for a grant. Both directions are always written: an empty allow list would mean
 * "everything", so nothing granted becomes `deny: [">"]`. `issuer_account` is set because a signing
 * key signs, and limits because an absent one is zero.
 *
 * @see https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt
 */
export function userClaims(grant: Grant, holder: Holder): UserClaims {
  const { limits, times, source_networks } = grant;
  return {
    exp: grant.expires_at,
    iat: holder.issued_at,
    iss: holder.signing_key,
    name: holder.name,
    sub: holder.user_public_key,
    nats: {
      pub: permission(grant.publish),
      sub: permission(grant.subscribe, grant.deny_subscribe),
      subs: limits.subscriptions ?? UNLIMITED,
      data: limits.data_bytes ?? UNLIMITED,
      payload: limits.payload_bytes ?? UNLIMITED,
      ...(source_networks && { src: source_networks }),
      ...(times && { times: times.ranges, times_location: times.location }),
      allowed_connection_types: grant.connection_types,
      issuer_account: holder.account_public_key,
      // The Go library lower-cases tags, so that only lower case compares equal everywhere.
      ...(holder.tags.length > 0 && { tags: holder.tags.map((tag) => tag.toLowerCase()) }),
      type: "user",
      version: 2,
    },
  };
}

function permission(allow: readonly string[], deny: readonly string[] = []): Permission {
  if (allow.length === 0) return { deny: [">"] };
  return deny.length > 0 ? { allow, deny } : { allow };
}

/**
 * Throws when claims would give more than was granted by saying nothing. Run on what was encoded,
 * so that no way of writing them can lose a direction, an end or a condition.
 */
export function assertBounded(claims: UserClaims): void {
  const { pub, sub, allowed_connection_types, src, times } = claims.nats;
  for (const { allow, deny } of [pub, sub]) {
    if (!(allow && allow.length > 0) && !deny?.includes(">"))
      throw new Error("a direction is unbounded");
  }
  if (!Number.isSafeInteger(claims.exp) || claims.exp <= claims.iat)
    throw new Error("the end is unbounded");
  for (const condition of [allowed_connection_types, src ?? ["any"], times ?? ["any"]]) {
    if (condition.length === 0) throw new Error("a condition is unbounded");
  }
}
