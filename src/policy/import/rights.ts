import { type Static, type TSchema, Type } from "typebox";
import { Check } from "typebox/value";

/** Why somebody or something is not carried over, as a sentence without a full stop. */
export interface Refusal {
  readonly refused: string;
}

const closed = { additionalProperties: false } as const;
const texts = Type.Array(Type.String());

const Listed = Type.Object({ allow: Type.Optional(texts), deny: Type.Optional(texts) }, closed);

const PERMISSIONS = {
  pub: Type.Optional(Listed),
  sub: Type.Optional(Listed),
  resp: Type.Optional(Type.Object({ max: Type.Integer(), ttl: Type.Integer() }, closed)),
};

const RIGHTS = {
  ...PERMISSIONS,
  src: Type.Optional(Type.Union([texts, Type.String()])),
  times: Type.Optional(
    Type.Array(Type.Object({ start: Type.String(), end: Type.String() }, closed)),
  ),
  times_location: Type.Optional(Type.String()),
  subs: Type.Optional(Type.Integer()),
  data: Type.Optional(Type.Integer()),
  payload: Type.Optional(Type.Integer()),
  bearer_token: Type.Optional(Type.Boolean()),
  proxy_required: Type.Optional(Type.Boolean()),
  allowed_connection_types: Type.Optional(texts),
};

/** What a user JWT or the template of a scoped signing key permits, in the words of nats-server. */
const RightsClaims = Type.Object(RIGHTS, closed);
export type Rights = Static<typeof RightsClaims>;

/** The permissions among them, which is all that the defaults of an account are. */
const PermissionsClaims = Type.Object(PERMISSIONS, closed);
export type Permissions = Static<typeof PermissionsClaims>;

/** One direction. */
export type Listed = Static<typeof Listed>;

/**
 * The claims of a user JWT. What is not known here could be a restriction, so that it is not passed
 * over: such a JWT is not read at all.
 */
export const UserClaims = Type.Object({
  sub: Type.String(),
  iss: Type.String(),
  name: Type.Optional(Type.String()),
  iat: Type.Number(),
  exp: Type.Optional(Type.Number()),
  nbf: Type.Optional(Type.Number()),
  nats: Type.Object(
    {
      ...RIGHTS,
      issuer_account: Type.Optional(Type.String()),
      tags: Type.Optional(texts),
      type: Type.Literal("user"),
      version: Type.Literal(2),
    },
    closed,
  ),
});
export type UserClaims = Static<typeof UserClaims>;

const Scope = Type.Object({
  kind: Type.Literal("user_scope"),
  key: Type.String(),
  role: Type.Optional(Type.String()),
  template: Type.Optional(RightsClaims),
});
export type Scope = Static<typeof Scope>;

/** The claims of an account JWT, as far as they say what its users may do. */
export const AccountClaims = Type.Object({
  sub: Type.String(),
  name: Type.Optional(Type.String()),
  exp: Type.Optional(Type.Number()),
  nats: Type.Object({
    signing_keys: Type.Optional(Type.Array(Type.Union([Type.String(), Scope]))),
    default_permissions: Type.Optional(PermissionsClaims),
    revocations: Type.Optional(Type.Record(Type.String(), Type.Number())),
    tags: Type.Optional(texts),
    type: Type.Literal("account"),
  }),
});
export type AccountClaims = Static<typeof AccountClaims>;

/** The claims, if they are of this form. */
export function claimsOf<S extends TSchema>(schema: S, claims: unknown): Static<S> | undefined {
  return Check(schema, claims) ? claims : undefined;
}

/** Whether nothing at all is said of subjects: then the defaults of the account hold. */
export const saysNothing = ({ pub, sub, resp }: Permissions): boolean =>
  isEmpty(pub) && isEmpty(sub) && resp === undefined;

/** Whether nats-server takes a direction for one of which nothing is said: an empty list is none. */
export const isEmpty = (listed: Listed | undefined): boolean =>
  (listed?.allow?.length ?? 0) === 0 && (listed?.deny?.length ?? 0) === 0;
