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
  readonly nats: Partial<Permitted> & {
    readonly issuer_account: string;
    readonly tags?: readonly string[];
    readonly type: "user";
    readonly version: 2;
  };
}

/**
 * What a JWT says that is signed by an ordinary signing key. A scoped one says all of it itself:
 * nats-server refuses a JWT of such a key that says any.
 */
interface Permitted {
  readonly pub: Permission;
  readonly sub: Permission;
  /** `ttl` in nanoseconds. */
  readonly resp?: { readonly max: number; readonly ttl: number };
  readonly subs: number;
  readonly data: number;
  readonly payload: number;
  readonly src?: readonly string[];
  readonly times?: readonly { readonly start: string; readonly end: string }[];
  readonly times_location?: string;
  readonly allowed_connection_types: readonly string[];
  readonly bearer_token?: true;
}

const UNLIMITED = -1;
const NANOSECONDS = 1_000_000_000;

/**
 * The claims for a grant. Both directions are always written: an empty allow list would mean
 * "everything", so nothing granted becomes `deny: [">"]`. `issuer_account` is set because a signing
 * key signs, and limits because an absent one is zero.
 *
 * @throws Error where the grant is for a scoped key and another one would sign
 * @see https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt
 */
export function userClaims(grant: Grant, holder: Holder): UserClaims {
  const { scoped_key } = grant;
  if (scoped_key !== undefined && scoped_key !== holder.signing_key)
    throw new Error("a grant of a scoped key must be signed by that key");
  // The Go library lower-cases tags, so that only lower case compares equal everywhere.
  const tags = [...holder.tags, ...(grant.tags ?? [])].map((tag) => tag.toLowerCase());
  return {
    exp: grant.expires_at,
    iat: holder.issued_at,
    iss: holder.signing_key,
    name: holder.name,
    sub: holder.user_public_key,
    nats: {
      ...(scoped_key === undefined && permitted(grant)),
      issuer_account: holder.account_public_key,
      ...(tags.length > 0 && { tags }),
      type: "user",
      version: 2,
    },
  };
}

function permitted(grant: Grant): Permitted {
  const { limits, times, source_networks, responses } = grant;
  return {
    pub: permission(grant.publish, grant.deny_publish),
    sub: permission(grant.subscribe, grant.deny_subscribe),
    ...(responses && { resp: { max: responses.max, ttl: responses.ttl_s * NANOSECONDS } }),
    subs: limits.subscriptions ?? UNLIMITED,
    data: limits.data_bytes ?? UNLIMITED,
    payload: limits.payload_bytes ?? UNLIMITED,
    ...(source_networks && { src: source_networks }),
    ...(times && { times: times.ranges, times_location: times.location }),
    allowed_connection_types: grant.connection_types,
    ...(grant.bearer && { bearer_token: true }),
  };
}

function permission(allow: readonly string[], deny: readonly string[] = []): Permission {
  if (allow.length === 0) return { deny: [">"] };
  return deny.length > 0 ? { allow, deny } : { allow };
}

/**
 * Throws when claims would give more than was granted by saying nothing. Run on what was encoded,
 * so that no way of writing them can lose a direction, an end or a condition.
 *
 * @param scoped_key the scoped signing key of the grant: with it, and only with it, nothing is said
 */
export function assertBounded(claims: UserClaims, scoped_key?: string): void {
  if (!Number.isSafeInteger(claims.exp) || claims.exp <= claims.iat)
    throw new Error("the end is unbounded");
  if (scoped_key !== undefined) {
    const said = Object.keys(claims.nats).filter((key) => !BESIDE_SCOPE.includes(key));
    if (claims.iss !== scoped_key || said.length > 0)
      throw new Error("the scope of the key is unbounded");
    assertTemplated(claims);
    return;
  }
  const { pub, sub, resp, allowed_connection_types, bearer_token, src, times } = claims.nats;
  for (const { allow, deny } of [pub ?? {}, sub ?? {}]) {
    if (!(allow && allow.length > 0) && !deny?.includes(">"))
      throw new Error("a direction is unbounded");
  }
  // Zero would mean "as often as you like" and "for ever".
  if (resp && !(resp.max > 0 && resp.ttl > 0)) throw new Error("the answers are unbounded");
  for (const condition of [allowed_connection_types ?? [], src ?? ["any"], times ?? ["any"]]) {
    if (condition.length === 0) throw new Error("a condition is unbounded");
  }
  // Whoever sees a bearer JWT can use it, so that it is for those alone who cannot do better.
  const mqtt = allowed_connection_types?.every((type) => type === "MQTT") ?? false;
  if (bearer_token !== undefined && !mqtt) throw new Error("the bearer is unbounded");
}

/** `key:value`, in which a template finds exactly one token of a subject. */
const TAG = /^([a-z0-9][a-z0-9_-]*):[a-z0-9][a-z0-9_-]*$/;

/**
 * The template of a scoped key may put name and tags into subjects, where a wildcard or a dot would
 * widen them, and a second tag of the same key would add subjects.
 */
function assertTemplated({ name, nats: { tags = [] } }: UserClaims): void {
  const keys = tags.map((tag) => TAG.exec(tag)?.[1]);
  if (!/^[A-Za-z0-9_:-]+$/.test(name) || keys.includes(undefined))
    throw new Error("the template of the key is unbounded");
  if (new Set(keys).size < keys.length) throw new Error("a tag of the template is unbounded");
}

/** What stands in every JWT, whichever key signs. */
const BESIDE_SCOPE: readonly string[] = ["issuer_account", "tags", "type", "version"];
