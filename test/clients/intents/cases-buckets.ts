import { type Case, publishes, refuses, works } from "./case.ts";

const VALUES = 3_000;
const OWN = { bucket: "settings", key: "alice.color" } as const;
const BOB = { bucket: "settings", key: "bob.color" } as const;
const PREFIX = 'bucket: settings, keys: "{@subject}.>"';

const CREATE = "publish $JS.API.CONSUMER.CREATE.KV_settings";
/** A watch of the whole bucket, as each library begins it. */
const WATCHES = [CREATE, `${CREATE}.*.$KV.settings.>`];
const READS = [
  "publish $JS.API.STREAM.MSG.GET.KV_settings",
  "publish $JS.API.DIRECT.GET.KV_settings.$KV.settings.bob.color",
];

/** Key-value buckets. */
export const BUCKET_CASES: readonly Case[] = [
  {
    name: "reader",
    title: "Read some keys of a bucket",
    role: `jetstream: [{ kv: { ${PREFIX}, access: read } }]`,
    about:
      "By direct get, where the key stands in the subject. Most clients ask for the state of a bucket on opening it, which tells the names of all its keys: either do without, as here, or say `info: true`, as below.",
    never: "Other keys, the names of keys, older revisions; writing.",
    used: {
      "nats.js": "`kvm.open(bucket, { bindOnly: true, allow_direct: true })`",
      "nats.go":
        '`nc.JetStream()`, then `GetLastMsg("KV_BUCKET", "$KV.BUCKET.KEY", nats.DirectGet())`',
      "nats-py":
        '`KeyValue(name=BUCKET, stream="KV_BUCKET", pre="$KV.BUCKET.", js=js, direct=True)` of `nats.js.kv`',
    },
    works: [works({ do: "kv_get", ...OWN, bare: true }, "red")],
    refused: [
      refuses({ do: "kv_get", ...BOB, bare: true }, READS),
      refuses({ do: "kv_keys", bucket: "settings" }, [
        "publish $JS.API.STREAM.INFO.KV_settings",
        ...WATCHES,
      ]),
      refuses({ do: "kv_put", ...OWN, value: "", bare: true }, "publish $KV.settings.alice.color"),
      publishes(
        "$JS.API.STREAM.INFO.KV_settings",
        "$JS.API.STREAM.MSG.GET.KV_settings",
        "$JS.API.DIRECT.GET.KV_settings",
        "$JS.API.DIRECT.GET.KV_settings.$KV.settings.>",
        "$JS.API.DIRECT.GET.KV_secrets.$KV.secrets.alice.color",
        "$JS.API.CONSUMER.CREATE.KV_settings.x.$KV.settings.alice.>",
      ),
    ],
  },
  {
    name: "watcher",
    title: "Watch some keys of a bucket",
    role: `jetstream: [{ kv: { ${PREFIX}, access: read, watch: true, may_create_consumers: true } }]`,
    about:
      "Each watch is a consumer whose filter stands in the subject. The role can also change or remove the watches of others whose names it knows, and clients make those names up; other durable consumers of the bucket have names that may be known.",
    never:
      "Values of other keys; their names, but those in the filters of consumers whose names it knows.",
    used: {
      "nats.js": "as above, then `watch({ key })`, `keys(filter)`, `history({ key })`",
      "nats.go":
        '`nc.JetStream()`, then `Subscribe("$KV.BUCKET.FILTER", …, nats.BindStream("KV_BUCKET"), nats.OrderedConsumer(), nats.DeliverLastPerSubject())`',
      "nats-py":
        "`KeyValue.watch` cannot be kept to some keys: it does not put its filter into the subject. `js.subscribe` does with a consumer that has a name: `config=api.ConsumerConfig(name=…)`, `ordered_consumer=True`, `deliver_policy=LAST_PER_SUBJECT`",
    },
    works: [works({ do: "kv_watch", bucket: "settings", key: "alice.>", bare: true }, 2)],
    refused: [
      refuses({ do: "kv_watch", bucket: "settings", key: ">", bare: true }, WATCHES),
      refuses(
        { do: "kv_watch", bucket: "settings", key: "bob.>", bare: true },
        `${CREATE}.*.$KV.settings.bob.>`,
      ),
      publishes(
        "$JS.API.CONSUMER.CREATE.KV_settings",
        "$JS.API.CONSUMER.CREATE.KV_settings.x",
        "$JS.API.CONSUMER.DURABLE.CREATE.KV_settings.x",
        "$JS.API.CONSUMER.NAMES.KV_settings",
        "$JS.API.CONSUMER.MSG.NEXT.KV_settings.x",
        "$JS.API.STREAM.INFO.KV_settings",
      ),
    ],
  },
  {
    name: "opener",
    title: "Watch some keys of a bucket that is opened as usual",
    role: `jetstream: [{ kv: { ${PREFIX}, access: read, info: true, watch: true, may_create_consumers: true } }]`,
    about: "With `info: true` the role can tell how many keys there are, and what they are called.",
    never: "The values of other keys.",
    used: {
      "nats.js": "`kvm.open(bucket, { allow_direct: true })`",
      "nats.go": "`js.KeyValue(ctx, bucket)`, then `Get`, `Watch`, `History`",
      "nats-py": "`js.key_value(bucket)`, then `get`; watches as above",
    },
    works: [
      works({ do: "kv_get", ...OWN }, "red", "nats.go", "nats-py"),
      works({ do: "kv_get", ...OWN, bare: true }, "red", "nats.js"),
      works({ do: "kv_status", bucket: "settings" }, 4),
      works({ do: "kv_watch", bucket: "settings", key: "alice.>" }, 2, "nats.js", "nats.go"),
      works({ do: "kv_watch", bucket: "settings", key: "alice.>", bare: true }, 2, "nats-py"),
      works({ do: "kv_history", ...OWN }, 2, "nats.js", "nats.go"),
    ],
    refused: [
      refuses({ do: "kv_get", ...BOB }, READS),
      refuses({ do: "kv_keys", bucket: "settings" }, WATCHES),
      refuses({ do: "kv_watch", bucket: "settings", key: ">" }, WATCHES),
      refuses({ do: "kv_history", ...BOB }, [CREATE, `${CREATE}.*.$KV.settings.bob.color`]),
    ],
  },
  {
    name: "whole",
    title: "Read every key of a bucket",
    role: "jetstream: [{ kv: { bucket: settings, access: read } }]",
    about: "Without `watch`, so there is no history and no listing.",
    never: "Writing; consumers; another bucket.",
    used: {
      "nats.js": "`kvm.open(bucket)`",
      "nats.go": "`js.KeyValue(ctx, bucket)`",
      "nats-py": "`js.key_value(bucket)`",
    },
    works: [
      works({ do: "kv_get", ...BOB }, "9"),
      works({ do: "kv_revision", ...OWN, count: 1 }, "green"),
      works({ do: "kv_status", bucket: "settings" }, 4),
    ],
    refused: [
      refuses({ do: "kv_get", bucket: "secrets", key: "alice.color" }, [
        "publish $JS.API.STREAM.INFO.KV_secrets",
        "publish $JS.API.STREAM.MSG.GET.KV_secrets",
      ]),
      refuses({ do: "kv_history", ...OWN }, [CREATE, `${CREATE}.*.$KV.settings.alice.color`]),
      refuses({ do: "kv_keys", bucket: "settings" }, WATCHES),
      refuses({ do: "kv_put", ...OWN, value: "" }, "publish $KV.settings.alice.color"),
      refuses({ do: "kv_delete", ...OWN }, "publish $KV.settings.alice.color"),
      refuses({ do: "purge", stream: "KV_settings" }, "publish $JS.API.STREAM.PURGE.KV_settings"),
    ],
  },
  {
    name: "all",
    title: "Read, write and watch every key of a bucket",
    role: "jetstream: [{ kv: { bucket: many, access: readwrite, watch: true, may_create_consumers: true } }]",
    about: "All that clients do with a bucket, but to remove it, or the markers of removed keys.",
    never:
      "Another bucket; emptying this one by its stream (`PurgeDeletes`, `purge_deletes`), though one message with `Nats-Rollup: all` does that, too, unless the bucket is without rollups.",
    used: {
      "nats.js": "as above, then `watch`, `keys`, `history`, `put`, `delete`, `purge`",
      "nats.go": "as above, then `WatchAll`, `Keys`, `History`, `Put`, `Delete`, `Purge`",
      "nats-py": "as above, then `watchall`, `keys`, `history`, `put`, `delete`, `purge`",
    },
    works: [
      works({ do: "kv_watch", bucket: "many", key: ">" }, VALUES),
      works({ do: "kv_keys", bucket: "many" }, VALUES),
      works({ do: "kv_put", bucket: "many", key: "k.1", value: "new" }, "put"),
      works({ do: "kv_get", bucket: "many", key: "k.1" }, "new"),
      works({ do: "kv_history", bucket: "many", key: "k.1" }, 2),
      works({ do: "kv_delete", bucket: "many", key: "k.1" }, "deleted"),
    ],
    refused: [
      refuses({ do: "kv_watch", bucket: "settings", key: ">" }, [
        "publish $JS.API.STREAM.INFO.KV_settings",
        `${CREATE}.*.$KV.settings.>`,
      ]),
      refuses({ do: "purge", stream: "KV_many" }, "publish $JS.API.STREAM.PURGE.KV_many"),
      publishes(
        "$KV.settings.alice.color",
        "$JS.API.STREAM.DELETE.KV_many",
        "$JS.API.STREAM.UPDATE.KV_many",
        "$JS.API.CONSUMER.CREATE.KV_settings",
        "$JS.API.CONSUMER.DELETE.KV_settings.x",
        "$JS.FC.KV_settings.a.b.c",
      ),
    ],
  },
  {
    name: "writer",
    title: "Write some keys of a bucket",
    role: 'jetstream: [{ kv: { bucket: notes, keys: "{@subject}.>", access: write, may_roll_up: true } }]',
    about:
      "`may_roll_up` says that it is known: one message with the header `Nats-Rollup: all` removes every other key, unless the bucket was made without rollups.",
    never:
      "Reading; writing other keys by their names. With schedules allowed on its stream, headers do that, too, as said above.",
    used: {
      "nats.js": "`kvm.open(bucket, { bindOnly: true, allow_direct: true })`, then `put`, `delete`",
      "nats.go":
        '`js.Publish(ctx, "$KV.BUCKET.KEY", value)`; with `info: true`, `js.KeyValue(ctx, bucket)`',
      "nats-py": "`KeyValue(…)` as for reading some keys, then `put`, `delete`",
    },
    works: [
      works({ do: "kv_put", bucket: "notes", key: "alice.color", value: "x", bare: true }, "put"),
      works({ do: "kv_delete", bucket: "notes", key: "alice.color", bare: true }, "deleted"),
    ],
    refused: [
      refuses(
        { do: "kv_get", bucket: "notes", key: "alice.color", bare: true },
        "publish $JS.API.DIRECT.GET.KV_notes.$KV.notes.alice.color",
      ),
      ...(["kv_put", "kv_delete"] as const).map((verb) =>
        refuses(
          { do: verb, bucket: "notes", key: "bob.color", value: "x", bare: true },
          "publish $KV.notes.bob.color",
        ),
      ),
      publishes("$KV.settings.alice.color", "$JS.API.STREAM.PURGE.KV_notes"),
    ],
  },
];
