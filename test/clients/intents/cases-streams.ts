import { type Case, publishes, refuses, subscribes, works } from "./case.ts";

const VALUES = 3_000;
const PULL = {
  "nats.js": "`js.consumers.get(stream, durable)`, then `next`, `fetch` or `consume`",
  "nats.go": "`js.Consumer(ctx, stream, durable)`, then `Next`, `Fetch`, `Consume` or `Messages`",
  "nats-py": "`js.pull_subscribe_bind(durable, stream=stream)`, then `fetch`",
};
const FROM = { stream: "ORDERS" } as const;

/** Consumers. */
export const STREAM_CASES: readonly Case[] = [
  {
    name: "pull",
    title: "Take messages from a consumer that was made beforehand",
    role: "jetstream: [{ consume: { stream: ORDERS, durable: worker } }]",
    about:
      "The default, and the least: the consumer, its filter and its limits are made by whoever owns the stream. Whoever takes messages names the subject to which the server sends them, which no permission can change.",
    never:
      "Another consumer of the stream, another stream; creating, changing or removing a consumer; the state of the stream, its messages by number, the names of streams.",
    used: {
      ...PULL,
      "nats-py": `${PULL["nats-py"]}. Without \`stream\`, nats-py asks for the names of all streams`,
    },
    works: [works({ do: "take", ...FROM, consumer: "worker", count: 2 }, 2)],
    refused: [
      refuses(
        { do: "take", ...FROM, consumer: "other", count: 1 },
        "publish $JS.API.CONSUMER.INFO.ORDERS.other",
      ),
      refuses(
        { do: "take", stream: "BILLS", consumer: "worker", count: 1 },
        "publish $JS.API.CONSUMER.INFO.BILLS.worker",
      ),
      refuses({ do: "make", ...FROM, consumer: "worker" }, [
        "publish $JS.API.CONSUMER.CREATE.ORDERS.worker",
        "publish $JS.API.CONSUMER.DURABLE.CREATE.ORDERS.worker",
      ]),
      refuses({ do: "names" }, ["publish $JS.API.STREAM.NAMES", "publish $JS.API.STREAM.LIST"]),
      refuses({ do: "purge", ...FROM }, "publish $JS.API.STREAM.PURGE.ORDERS"),
      publishes(
        "$JS.API.CONSUMER.MSG.NEXT.ORDERS.other",
        "$JS.API.CONSUMER.MSG.NEXT.BILLS.worker",
        "$JS.API.CONSUMER.DELETE.ORDERS.worker",
        "$JS.API.CONSUMER.NAMES.ORDERS",
        "$JS.API.STREAM.INFO.ORDERS",
        "$JS.API.STREAM.MSG.GET.ORDERS",
        "$JS.API.DIRECT.GET.ORDERS",
        "$JS.ACK.ORDERS.other.1.1.1.1.0",
        "orders.eu",
      ),
    ],
  },
  {
    name: "pushed",
    title: "Take messages from a consumer that pushes",
    role: "jetstream: [{ consume: { stream: ORDERS, durable: pushed, deliver: to.pushed } }]",
    about:
      "`deliver` is the `deliver_subject` of that consumer. Flow control is included: without an answer on `$JS.FC` the server stops after some hundred messages.",
    never: "Asking a consumer for messages; the subject and the flow control of another one.",
    used: {
      "nats.js": "`js.consumers.getPushConsumer(stream, durable)`, then `consume`",
      "nats.go": "`js.PushConsumer(ctx, stream, durable)`, then `Consume`",
      "nats-py":
        "`js.subscribe_bind(stream, (await js.consumer_info(stream, durable)).config, durable)`",
    },
    works: [works({ do: "take_pushed", ...FROM, consumer: "pushed", count: VALUES }, VALUES)],
    refused: [
      subscribes("to.shared", "to.>"),
      publishes(
        "$JS.API.CONSUMER.MSG.NEXT.ORDERS.pushed",
        "$JS.API.CONSUMER.INFO.ORDERS.shared",
        "$JS.API.CONSUMER.CREATE.ORDERS.pushed",
        "$JS.FC.ORDERS.shared.a.b",
        "$JS.FC.BILLS.pushed.a.b",
      ),
    ],
  },
  {
    name: "shared",
    title: "Share what a consumer pushes within a queue group",
    role: 'jetstream: [{ consume: { stream: ORDERS, durable: shared, deliver: "to.shared workers" } }]',
    about: "The queue group is the `deliver_group` of that consumer.",
    never: "Listening outside the queue group, where each message would be seen.",
    used: {
      "nats.js": "as above",
      "nats.go": "as above",
      "nats-py": "as above",
    },
    works: [works({ do: "take_pushed", ...FROM, consumer: "shared", count: 10 }, 10)],
    refused: [subscribes("to.shared", "to.pushed")],
  },
  {
    name: "filtered",
    title: "Create one's own consumer, with a filter that is fixed",
    role: "jetstream: [{ consume: { stream: ORDERS, durable: filtered, filter: orders.eu, may_create_consumers: true } }]",
    about:
      "Name and filter stand in the subject, so that the server compares them with the request. What else the consumer does is for the client to say, and it can have messages sent to any subject of the account.",
    never: "A consumer of another name or with another filter, hence no other message.",
    used: {
      "nats.js":
        "`jetstreamManager(nc, { checkAPI: false })`, then `consumers.add` with `filter_subject`",
      "nats.go": "`js.CreateOrUpdateConsumer` with `Durable` and `FilterSubject`",
      "nats-py":
        "`js.add_consumer` with `name`, `durable_name` and `filter_subject`; or `js.pull_subscribe(filter, durable=durable, stream=stream)`",
    },
    works: [
      works({ do: "make", ...FROM, consumer: "filtered", filter: "orders.eu" }, "filtered"),
      works({ do: "take", ...FROM, consumer: "filtered", count: 2 }, 2),
    ],
    refused: [
      refuses(
        { do: "make", ...FROM, consumer: "filtered", filter: "orders.us" },
        "publish $JS.API.CONSUMER.CREATE.ORDERS.filtered.orders.us",
      ),
      refuses(
        { do: "make", ...FROM, consumer: "other", filter: "orders.eu" },
        "publish $JS.API.CONSUMER.CREATE.ORDERS.other.orders.eu",
      ),
      publishes(
        "$JS.API.CONSUMER.CREATE.ORDERS",
        "$JS.API.CONSUMER.CREATE.ORDERS.filtered",
        "$JS.API.CONSUMER.DURABLE.CREATE.ORDERS.filtered",
        "$JS.API.CONSUMER.DELETE.ORDERS.other",
      ),
    ],
  },
  {
    name: "own",
    title: "Create one's own consumer, with any filter",
    role: "jetstream: [{ consume: { stream: ORDERS, durable: own, may_create_consumers: true } }]",
    about: "Reads whatever is in the stream.",
    never: "A consumer of another name or of another stream.",
    used: {
      "nats.js": "as above, with or without a filter",
      "nats.go": "as above, with or without a filter",
      "nats-py": "as above; `name` may be left out",
    },
    works: [
      works({ do: "make", ...FROM, consumer: "own" }, "own"),
      works({ do: "take", ...FROM, consumer: "own", count: 2 }, 2),
    ],
    refused: [
      refuses({ do: "make", stream: "BILLS", consumer: "own" }, [
        "publish $JS.API.CONSUMER.CREATE.BILLS.own",
        "publish $JS.API.CONSUMER.DURABLE.CREATE.BILLS.own",
      ]),
      publishes("$JS.API.CONSUMER.CREATE.ORDERS.other", "$JS.API.CONSUMER.DELETE.ORDERS.other"),
    ],
  },
  {
    name: "ordered",
    title: "Read a stream with ordered consumers",
    role: "jetstream: [{ consume: { stream: ORDERS, may_create_consumers: true } }]",
    about:
      "Clients name such consumers themselves, so the role may use and remove every consumer of the stream whose name it knows. Give it where all who read the stream trust each other.",
    never: "Another stream; emptying or changing the stream; the names of its consumers.",
    used: {
      "nats.js": "`js.consumers.get(stream, { filter_subjects })`",
      "nats.go":
        "`js.OrderedConsumer(ctx, stream, config)`; or `Subscribe` of `nc.JetStream()` with `nats.BindStream(stream)` and `nats.OrderedConsumer()`",
      "nats-py": "`js.subscribe(filter, stream=stream, ordered_consumer=True)`",
    },
    works: [
      works({ do: "read", ...FROM, filter: "orders.>", count: VALUES }, VALUES),
      works(
        { do: "read", ...FROM, filter: "orders.>", count: VALUES, bare: true },
        VALUES,
        "nats.go",
      ),
    ],
    refused: [
      refuses({ do: "read", stream: "BILLS", filter: "bills.>", count: 1 }, [
        "publish $JS.API.STREAM.INFO.BILLS",
        "publish $JS.API.CONSUMER.CREATE.BILLS",
        "publish $JS.API.CONSUMER.CREATE.BILLS.*.bills.>",
      ]),
      refuses({ do: "purge", ...FROM }, "publish $JS.API.STREAM.PURGE.ORDERS"),
      publishes(
        "$JS.API.CONSUMER.NAMES.ORDERS",
        "$JS.API.CONSUMER.DELETE.BILLS.worker",
        "$JS.API.STREAM.MSG.GET.ORDERS",
      ),
    ],
  },
];
