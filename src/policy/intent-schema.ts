import { type Static, Type } from "typebox";
import { closed, flag, LIST_LIMIT, listOf, textOrTexts, token } from "./schema-parts.ts";

const WHERE = {
  domain: Type.Optional({
    ...token("JetStream domain"),
    description:
      "JetStream domain, for clients that are connected outside it. Those inside need an entry without it: nats-server maps the prefix of its own domain away before it looks at permissions.",
  }),
  api_prefix: Type.Optional(
    Type.String({
      pattern: "^(\\$JS|[A-Za-z0-9][A-Za-z0-9_-]*)(\\.[A-Za-z0-9_-]+){0,15}$",
      description: "In place of `$JS.API`, where the API is imported under another name.",
      errorMessage: "must be a prefix such as $JS.hub.API or hub.API, without wildcards",
    }),
  ),
};

const may_create_consumers = Type.Optional(
  flag(
    "Opts in to creating consumers. A consumer can send what is stored to any subject of the account, and making one under an existing name changes that one: without a durable, the role may change and remove every consumer of the stream whose name it knows.",
  ),
);

const Consume = Type.Object(
  {
    stream: token("stream"),
    durable: Type.Optional(token("consumer")),
    deliver: Type.Optional(
      Type.String({
        minLength: 1,
        description: "`subject` or `subject queue` of a consumer that pushes.",
      }),
    ),
    filter: Type.Optional(
      Type.String({ minLength: 1, description: "The only filter that the consumer may have." }),
    ),
    may_create_consumers,
    ...WHERE,
  },
  {
    ...closed,
    description:
      "Take messages from a consumer that exists or, with may_create_consumers, from one of its own making.",
  },
);

const PublishTo = Type.Object(
  {
    stream: Type.Optional(token("stream")),
    subjects: Type.Optional(textOrTexts("Subjects of the stream.", "subject")),
  },
  {
    ...closed,
    description:
      "Store messages: on these subjects, or on all those of a stream. Where the stream allows rollups or schedules, headers reach its other subjects as well.",
  },
);

const access = Type.Enum(["read", "write", "readwrite"], {
  description: "What may be done.",
  errorMessage: "must be read, write or readwrite",
});

const Kv = Type.Object(
  {
    bucket: token("bucket"),
    keys: Type.Optional(
      textOrTexts("Keys, with slots, and `>` at the end. Every key, unless written.", "key"),
    ),
    access,
    watch: Type.Optional(
      flag("May watch and list keys, which creates consumers: needs may_create_consumers."),
    ),
    info: Type.Optional(
      flag(
        "May ask for the state of the bucket, as most clients do on opening it. Tells the names of all keys. On for those who read every key.",
      ),
    ),
    may_roll_up: Type.Optional(
      flag(
        "Opts in to writing to some keys of a bucket that permits rollups: one message with the header Nats-Rollup: all removes every other key.",
      ),
    ),
    may_create_consumers,
    ...WHERE,
  },
  { ...closed, description: "Read or write keys of a key-value bucket." },
);

const ObjectStore = Type.Object(
  { bucket: token("bucket"), access, may_create_consumers, ...WHERE },
  {
    ...closed,
    description: "Read or write objects of a bucket. Reading creates consumers, one an object.",
  },
);

// One of them, which is looked at where it is compiled: a union would not say what is wrong inside.
const IntentFile = Type.Object(
  {
    consume: Type.Optional(Consume),
    publish_to: Type.Optional(PublishTo),
    kv: Type.Optional(Kv),
    object: Type.Optional(ObjectStore),
  },
  { ...closed, minProperties: 1, maxProperties: 1, errorMessage: "must be one intent" },
);
export type IntentFile = Static<typeof IntentFile>;

export const JetstreamFile = listOf(IntentFile, {
  description: "What the role does with JetStream; compiled to the least subjects that do it.",
  errorMessage: `must be a list of at least one and at most ${LIST_LIMIT}`,
});

export const ServiceFile = Type.Object(
  {
    name: token("service"),
    subjects: textOrTexts("Subjects that it answers on.", "subject"),
    queue: Type.Optional(
      Type.String({
        default: "q",
        pattern: "^[A-Za-z0-9_-]{1,64}$",
        description: "Its queue group.",
        errorMessage: "must be a queue group: letters, digits, - and _",
      }),
    ),
  },
  { ...closed, description: "Is a micro service: answers requests, and is seen by discovery." },
);
export type ServiceFile = Static<typeof ServiceFile>;
