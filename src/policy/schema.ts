import { type Static, type TSchema, Type } from "typebox";
import { Duration } from "../config/index.ts";

/** Longer lists are faults: whatever is written once is gone through at every request. */
const LIST_LIMIT = 1000;

/**
 * A map whose keys people choose. `Type.Record(Type.String())` would take keys with a line break for
 * unknown ones and leave their values unchecked.
 */
const mapOf = <T extends TSchema>(
  value: T,
  options: { description: string; minProperties?: number; errorMessage: string },
) => Type.Record(Type.String({ pattern: "^" }), value, options);

const listOf = <T extends TSchema>(
  item: T,
  options: { description?: string; errorMessage?: string } = {},
) => Type.Array(item, { minItems: 1, maxItems: LIST_LIMIT, ...options });

/** Several texts; none at all would be a criterion that says nothing. */
const texts = (description: string, what: string) =>
  listOf(Type.String({ minLength: 1, errorMessage: `must be ${what}` }), {
    description,
    errorMessage: `must be a list of at least one and at most ${LIST_LIMIT}`,
  });

const subjects = (description: string) =>
  Type.Array(Type.String({ errorMessage: "must be a subject" }), {
    maxItems: LIST_LIMIT,
    description,
    errorMessage: `must be a list of at most ${LIST_LIMIT} subjects`,
  });

const limit = (description: string) =>
  Type.Integer({
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    description,
    errorMessage: "must be a whole number of at least 1",
  });

const clock = () =>
  Type.String({
    pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$",
    errorMessage: 'must be a time of day in quotes, such as "08:00:00"',
  });

const closed = { additionalProperties: false } as const;

const ROLE = {
  account: Type.String({ minLength: 1, description: "Account, by its name in the configuration." }),
  publish: Type.Optional(subjects("Subjects that may be published to. None, unless written.")),
  subscribe: Type.Optional(
    subjects("Subjects that may be subscribed to, or `subject queue` for one queue group only."),
  ),
  respond: Type.Optional(
    Type.Boolean({
      default: false,
      description: "May answer requests: publish to `_INBOX.>`.",
      errorMessage: "must be true or false",
    }),
  ),
  connection_types: Type.Optional(
    Type.Array(
      Type.Enum(["STANDARD", "WEBSOCKET"], { errorMessage: "must be STANDARD or WEBSOCKET" }),
      {
        minItems: 1,
        uniqueItems: true,
        default: ["STANDARD", "WEBSOCKET"],
        description: "How the client may connect.",
        errorMessage: "must be a list of STANDARD and WEBSOCKET, each at most once",
      },
    ),
  ),
  source_networks: Type.Optional(
    texts(
      "CIDR blocks that the client may connect from. Anywhere, unless written.",
      "a CIDR block",
    ),
  ),
  times: Type.Optional(
    Type.Object(
      {
        location: Type.String({ description: "IANA time zone, such as `Europe/Warsaw` or `UTC`." }),
        ranges: listOf(Type.Object({ start: clock(), end: clock() }, closed)),
      },
      { ...closed, description: "Times of day at which the client may be connected." },
    ),
  ),
  limits: Type.Optional(
    Type.Object(
      {
        subscriptions: Type.Optional(limit("Subscriptions at the same time.")),
        payload_bytes: Type.Optional(limit("Largest message, in bytes.")),
        data_bytes: Type.Optional(limit("Data in all, in bytes.")),
      },
      closed,
    ),
  ),
  inbox: Type.Optional(
    Type.String({
      default: "private",
      pattern: "^(private|shared|_INBOX(\\.[A-Za-z0-9][A-Za-z0-9_-]{0,63}){1,8})$",
      description:
        "`private` to each identity, `shared` by all, or a literal prefix such as `_INBOX.orders`.",
      errorMessage:
        "must be private, shared, or a prefix such as _INBOX.orders: letters, digits, - and _ in each token",
    }),
  ),
  ttl: Type.Optional(Duration({ description: "Longest lifetime of a credential with this role." })),
  allow_reserved: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        "Opts in to subjects that can start with `$` or `_`, which NATS keeps for itself.",
      errorMessage: "must be true or false",
    }),
  ),
};

/** What a role permits, and on which conditions. */
export const RoleFile = Type.Object(ROLE, {
  ...closed,
  description: "Permissions in one account.",
});
export type RoleFile = Static<typeof RoleFile>;

const text = Type.String({ maxLength: 4096 });
// Beyond ±(2^53-1) different numbers in a token become the same one, so none can be told from others.
const number = Type.Number({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });
const ScalarFile = Type.Union([text, number, Type.Boolean()]);
export type Scalar = Static<typeof ScalarFile>;
const OneOrMore = Type.Union([ScalarFile, listOf(ScalarFile)]);

/** What one claim must be. */
const CriterionFile = Type.Union(
  [
    ScalarFile,
    listOf(ScalarFile),
    Type.Object(
      { has: OneOrMore },
      { ...closed, description: "An array with (one of) this in it." },
    ),
    Type.Object({ exists: Type.Literal(true) }, { ...closed, description: "There, and not null." }),
    Type.Object(
      { not: OneOrMore },
      { ...closed, description: "There, of this type, and not (any of) this." },
    ),
  ],
  {
    description:
      "A value the claim equals in value and type, a list of such values, or one condition.",
    errorMessage:
      "must be a text, a number within 2^53 or true or false, a list of those, or one of { has: … }, { exists: true }, { not: … }, without unknown keys",
  },
);
export type CriterionFile = Static<typeof CriterionFile>;

const SCOPE = "^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$";
const scopes = (description: string) =>
  listOf(
    Type.String({
      pattern: SCOPE,
      errorMessage: "must be one scope, without blanks: list several one by one",
    }),
    { description, errorMessage: "must be a list of scopes, at least one" },
  );

/** Who holds which roles: every criterion must match. */
export const RuleFile = Type.Object(
  {
    name: Type.String({
      pattern: "^[^\\s\\p{C}]([^\\p{C}]{0,126}[^\\s\\p{C}])?$",
      description: "Unique. Shown in traces and in the journal.",
      errorMessage: "must be 1 to 128 characters, without control characters and outer blanks",
    }),
    issuer: Type.String({ minLength: 1, description: "Issuer, by its name in the configuration." }),
    kind: Type.Optional(
      Type.Enum(["user", "client", "workload"], {
        errorMessage: "must be user, client or workload",
      }),
    ),
    client: Type.Optional(Type.String({ minLength: 1, description: "The OAuth client, exactly." })),
    subject: Type.Optional(
      Type.Union([Type.String({ minLength: 1 }), listOf(Type.String({ minLength: 1 }))], {
        description: "The subject, exactly, or a list of them.",
        errorMessage: "must be a subject or a list of subjects, at least one",
      }),
    ),
    scopes: Type.Optional(scopes("Scopes that the token must have, all of them.")),
    any_scope: Type.Optional(scopes("Scopes of which the token must have one.")),
    claims: Type.Optional(
      mapOf(CriterionFile, {
        minProperties: 1,
        description: "By the name of a claim or, with a leading `/`, by its JSON Pointer.",
        errorMessage: "must be a map with at least one claim",
      }),
    ),
    roles: Type.Optional(texts("Roles of this policy.", "the name of a role")),
    grant: Type.Optional(RoleFile),
    admin: Type.Optional(
      texts("Roles of `admin_roles`: no permissions on NATS.", "the name of an admin role"),
    ),
  },
  closed,
);
export type RuleFile = Static<typeof RuleFile>;

const AdminRoleFile = Type.Object(
  {
    accounts: texts("Accounts, by their names in the configuration.", "the name of an account"),
    can: Type.Array(
      Type.Enum(["revoke", "journal", "approve"], {
        errorMessage: "must be revoke, journal or approve",
      }),
      {
        minItems: 1,
        uniqueItems: true,
        errorMessage: "must be a list of revoke, journal and approve, each at most once",
      },
    ),
  },
  closed,
);

/** The policy file. */
export const PolicyFile = Type.Object(
  {
    version: Type.Literal(1, { errorMessage: "must be 1" }),
    roles: Type.Optional(
      mapOf(RoleFile, { description: "Roles by name.", errorMessage: "must be a map of roles" }),
    ),
    rules: Type.Array(RuleFile, {
      maxItems: 10_000,
      description: "Nobody has what no rule gives.",
    }),
    admin_roles: Type.Optional(
      mapOf(AdminRoleFile, {
        description: "Roles of administrators by name.",
        errorMessage: "must be a map of admin roles",
      }),
    ),
  },
  { ...closed, title: "nats-sts policy" },
);
export type PolicyFile = Static<typeof PolicyFile>;
