import { type Case, publishes, refuses, subscribes, works } from "./case.ts";

const VALUES = 3_000;
const BYTES = 300_000;

/** Storing, services, and all of it from another domain. */
export const OTHER_CASES: readonly Case[] = [
  {
    name: "publisher",
    title: "Store messages",
    role: "jetstream: [{ publish_to: { stream: BILLS } }]",
    about:
      "Either the subjects that `streams` in the policy says a stream has, or `subjects` of one's own. The acknowledgement comes to the own inbox.",
    never:
      "Reading what is stored; other subjects; emptying the stream. All of that holds on a stream without rollups and schedules: on others headers reach beyond, as said above.",
    used: {
      "nats.js": "`js.publish`",
      "nats.go": "`js.Publish`, `js.PublishAsync`",
      "nats-py": "`js.publish`",
    },
    works: [works({ do: "store", subjects: ["bills.1", "bills.a.b"], value: "x" }, "stored")],
    refused: [
      refuses({ do: "store", subjects: ["orders.eu"] }, "publish orders.eu"),
      refuses({ do: "purge", stream: "BILLS" }, "publish $JS.API.STREAM.PURGE.BILLS"),
      publishes("$JS.API.STREAM.INFO.BILLS", "$JS.API.STREAM.MSG.GET.BILLS", "$KV.settings.a"),
    ],
  },
  {
    name: "service",
    title: "Be a micro service",
    role: "service: { name: orders, subjects: [svc.orders.>] }",
    about:
      "Answers in its queue group, `q` unless it says another one, and is seen by discovery. It may publish to every inbox, because that is where its answers go.",
    never: "Endpoints elsewhere or outside the queue group; the name of another service.",
    used: {
      "nats.js":
        "`new Svcm(nc).add({ name, version })` of `@nats-io/services`; tried here with the same subscriptions by hand",
      "nats.go": "`micro.AddService`",
      "nats-py": "`nats.micro.add_service`",
    },
    works: [works({ do: "serve", name: "orders", subjects: ["svc.orders.get"], count: 2 }, 2)],
    refused: [
      refuses({ do: "serve", name: "orders", subjects: ["svc.bills.get"], count: 1 }, [
        "subscribe svc.bills.get q",
      ]),
      refuses({ do: "serve", name: "bills", subjects: ["svc.orders.get"], count: 1 }, [
        "subscribe $SRV.PING.bills",
      ]),
      subscribes("svc.orders.get", "$SRV.>", "$SRV.PING.bills", "svc.>"),
    ],
  },
  {
    name: "far",
    far: true,
    title: "Use JetStream of another domain",
    role: `jetstream:
  - consume: { stream: ORDERS, durable: far, domain: hub }
  - kv: { bucket: far, access: readwrite, watch: true, may_create_consumers: true, domain: hub }
  - object: { bucket: far, access: readwrite, may_create_consumers: true, domain: hub }`,
    about:
      "For clients below a leaf node whose server has another domain, or no JetStream. A client inside the domain needs an entry without `domain`, however it connects: the server maps the prefix of its own domain away first. Objects are written to plain subjects, which reach a bucket of that name in the own domain as well.",
    never: "The same names in the domain that the client is connected to, objects excepted.",
    used: {
      "nats.js": '`jetstream(nc, { domain: "hub" })`',
      "nats.go": '`jetstream.NewWithDomain(nc, "hub")`',
      "nats-py":
        '`nc.jetstream(domain="hub")`; `KeyValue.put` writes into the own domain, so write with `js.publish("$JS.hub.API.$KV.BUCKET.KEY", value)`',
    },
    works: [
      works({ do: "take", stream: "ORDERS", consumer: "far", count: 2 }, 2),
      works({ do: "kv_watch", bucket: "far", key: ">" }, VALUES),
      works({ do: "kv_put", bucket: "far", key: "k.1", value: "far" }, "put"),
      works({ do: "kv_get", bucket: "far", key: "k.1" }, "far"),
      works({ do: "object_put", bucket: "far", name: "new", count: BYTES }, BYTES),
      works({ do: "object_get", bucket: "far", name: "new", bare: true }, BYTES),
    ],
    refused: [
      refuses(
        { do: "take", stream: "ORDERS", consumer: "worker", count: 1 },
        "publish $JS.hub.API.CONSUMER.INFO.ORDERS.worker",
      ),
      refuses(
        { do: "kv_get", bucket: "settings", key: "alice.color", bare: true },
        "publish $JS.hub.API.DIRECT.GET.KV_settings.$KV.settings.alice.color",
      ),
      publishes(
        "$JS.API.CONSUMER.MSG.NEXT.ORDERS.far",
        "$JS.API.STREAM.INFO.KV_far",
        "$KV.far.k.1",
        "$JS.hub.API.$KV.settings.alice.color",
      ),
    ],
  },
];
