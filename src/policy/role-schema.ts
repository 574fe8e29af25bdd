import { type Static, Type } from "typebox";
import { Duration } from "../config/index.ts";
import { JetstreamFile, ServiceFile } from "./intent-schema.ts";
import { closed, flag, LIST_LIMIT, limit, listOf, texts } from "./schema-parts.ts";

const SubjectFile = Type.Union(
  [
    Type.String(),
    Type.Object(
      {
        set: Type.String({ description: "The name of a set of `subject_sets` of this file." }),
        queue: Type.Optional(Type.String({ minLength: 1, description: "A queue group." })),
      },
      closed,
    ),
  ],
  { errorMessage: "must be a subject, or { set: … } for a set of them" },
);
export type SubjectFile = Static<typeof SubjectFile>;

const subjects = (description: string) =>
  Type.Array(SubjectFile, {
    maxItems: LIST_LIMIT,
    description,
    errorMessage: `must be a list of at most ${LIST_LIMIT} subjects`,
  });

const clock = () =>
  Type.String({
    pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$",
    errorMessage: 'must be a time of day in quotes, such as "08:00:00"',
  });

/** Every way to connect that a role can name. */
const CONNECTION_TYPES = ["STANDARD", "WEBSOCKET", "LEAFNODE", "MQTT", "IN_PROCESS"] as const;
const NAMES = "STANDARD, WEBSOCKET, LEAFNODE, MQTT or IN_PROCESS";

const AnySubject = Type.Object(
  {
    any_subject: Type.Literal(true, {
      description: "Answers go to whatever subject a request names.",
      errorMessage: "must be true",
    }),
    max: Type.Optional(limit("Answers to one request.", 100_000)),
    ttl: Type.Optional(Duration({ description: "How long after the request." })),
  },
  closed,
);

const CONDITIONS = {
  connection_types: Type.Optional(
    Type.Array(Type.Enum([...CONNECTION_TYPES], { errorMessage: `must be ${NAMES}` }), {
      minItems: 1,
      uniqueItems: true,
      description:
        "How the client may connect: STANDARD and WEBSOCKET, unless written. LEAFNODE and MQTT each stand alone; MQTT gives a bearer JWT.",
      errorMessage: `must be a list of ${NAMES}, each at most once`,
    }),
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
        ranges: listOf(Type.Object({ start: clock(), end: clock() }, closed), {
          description:
            'From `start` to `end`, each such as `"08:00:00"`; over midnight it takes two.',
        }),
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
      { ...closed, description: "Limits of a connection. None, unless written." },
    ),
  ),
};

const PERMISSIONS = {
  publish: Type.Optional(subjects("Subjects that may be published to. None, unless written.")),
  subscribe: Type.Optional(
    subjects("Subjects that may be subscribed to, or `subject queue` for one queue group only."),
  ),
  deny_publish: Type.Optional(subjects("Subjects taken out of those, in whichever role.")),
  deny_subscribe: Type.Optional(subjects("Subjects taken out of those, in whichever role.")),
  respond: Type.Optional(
    Type.Union([Type.Boolean(), AnySubject], {
      default: false,
      description:
        "May answer requests: publish to `_INBOX.>`. With any_subject, to whatever subject a request names, which is anything at all.",
      errorMessage: "must be true or false, or { any_subject: true, max: …, ttl: … }",
    }),
  ),
  jetstream: Type.Optional(JetstreamFile),
  service: Type.Optional(ServiceFile),
};

/** What a role permits, and on which conditions. */
export const RoleFile = Type.Object(
  {
    account: Type.String({
      minLength: 1,
      description: "Account, by its name in the configuration.",
    }),
    ...PERMISSIONS,
    ...CONDITIONS,
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
    ttl: Type.Optional(
      Duration({ description: "Longest lifetime of a credential with this role." }),
    ),
    tags: Type.Optional(
      listOf(Type.String({ errorMessage: "must be a tag such as team:blue" }), {
        description: "Tags of the credential, `key:value` in lower case; the value can be a slot.",
        errorMessage: `must be a list of at least one and at most ${LIST_LIMIT} tags`,
      }),
    ),
    scoped_key: Type.Optional(
      Type.String({
        pattern: "^A[A-Z2-7]{55}$",
        description:
          "Public key of a scoped signing key of the account, which then says what is permitted.",
        errorMessage: "must be the public key of a signing key: A and 55 letters and digits",
      }),
    ),
    allow_reserved: Type.Optional(
      flag("Opts in to subjects that can start with `$` or `_`, which NATS keeps for itself."),
    ),
    export: Type.Optional(flag("Whether rules of other files can give this role.")),
  },
  { ...closed, description: "Permissions in one account." },
);
export type RoleFile = Static<typeof RoleFile>;
