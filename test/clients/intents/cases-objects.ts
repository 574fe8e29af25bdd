import { type Case, publishes, refuses, works } from "./case.ts";

const BYTES = 300_000;
const READ = "object: { bucket: files, access: read, may_create_consumers: true }";
const INFO = "publish $JS.API.STREAM.INFO.OBJ_private";
/** What nats-py asks before it reads an object without the name of its stream. */
const NAMES = "publish $JS.API.STREAM.NAMES";

/** Object buckets. */
export const OBJECT_CASES: readonly Case[] = [
  {
    name: "objectreader",
    title: "Read objects of a bucket",
    role: `jetstream: [{ ${READ} }]`,
    about: "Each object is read, and each listing made, with a consumer of its own.",
    never: "Writing or removing; another bucket; the names of streams.",
    used: {
      "nats.js": "`new Objm(jetstream(nc, { checkAPI: false })).open(bucket)`",
      "nats.go": "`js.ObjectStore(ctx, bucket)`",
      "nats-py":
        '`get`, `list` and `watch` of `js.object_store(bucket)` ask for the names of all streams, see below. Without: `get_info(name)`, then `js.subscribe("$O.BUCKET.C.NUID", stream="OBJ_BUCKET", ordered_consumer=True)`',
    },
    works: [
      works({ do: "object_get", bucket: "files", name: "here" }, BYTES, "nats.js", "nats.go"),
      works({ do: "object_list", bucket: "files" }, ["here"], "nats.js", "nats.go"),
      works({ do: "object_get", bucket: "files", name: "here", bare: true }, BYTES, "nats-py"),
      works({ do: "object_list", bucket: "files", bare: true }, ["here"], "nats-py"),
    ],
    refused: [
      refuses({ do: "object_get", bucket: "private", name: "here" }, INFO),
      refuses({ do: "object_list", bucket: "private" }, INFO),
      refuses({ do: "object_put", bucket: "files", name: "x", count: 10 }, "publish $O.files.C.*"),
      refuses({ do: "object_delete", bucket: "files", name: "here" }, "publish $O.files.M.*"),
      refuses({ do: "object_get", bucket: "files", name: "here" }, NAMES, "nats-py"),
      publishes(
        "$JS.API.STREAM.PURGE.OBJ_files",
        "$JS.API.STREAM.MSG.DELETE.OBJ_files",
        "$JS.API.STREAM.MSG.GET.OBJ_private",
        "$JS.API.CONSUMER.CREATE.OBJ_private",
        "$JS.API.CONSUMER.DELETE.OBJ_private.x",
      ),
    ],
  },
  {
    name: "objectlister",
    title: "Read objects of a bucket with nats-py as it stands",
    role: `publish: [$JS.API.STREAM.NAMES]
allow_reserved: true
jetstream: [{ ${READ} }]`,
    about:
      "The names of all streams of the account are more than an intent gives, so that line is written by hand.",
    never: "Writing or removing; another bucket.",
    used: {
      "nats.js": "does not need it",
      "nats.go": "does not need it",
      "nats-py": "`js.object_store(bucket)`, then `get`, `list`, `watch`",
    },
    works: [
      works({ do: "object_get", bucket: "files", name: "here" }, BYTES),
      works({ do: "object_list", bucket: "files" }, ["here"]),
    ],
    refused: [
      refuses({ do: "object_get", bucket: "private", name: "here" }, INFO),
      publishes("$JS.API.STREAM.LIST", "$JS.API.STREAM.NAMES.x"),
    ],
  },
  {
    name: "objectwriter",
    title: "Write objects of a bucket",
    role: "jetstream: [{ object: { bucket: drop, access: write } }]",
    about:
      "`write` keeps a role from creating consumers, not from reading: to put an object, nats.js and nats-py look up the one of that name by `STREAM.MSG.GET`, which gives any message of the bucket. And to take away the old parts they need `STREAM.PURGE`, which can empty the bucket.",
    never: "Consumers; another bucket; removing the bucket itself.",
    used: {
      "nats.js":
        "`new Objm(jetstream(nc, { checkAPI: false })).open(bucket)`, then `put`, `delete`",
      "nats.go": "`js.ObjectStore(ctx, bucket)`, then `Put`, `Delete`",
      "nats-py": "`js.object_store(bucket)`, then `put`, `delete`",
    },
    works: [
      works({ do: "object_put", bucket: "drop", name: "new", count: BYTES }, BYTES),
      works({ do: "object_put", bucket: "drop", name: "new", count: 10 }, 10),
      works({ do: "object_delete", bucket: "drop", name: "new" }, "deleted"),
    ],
    refused: [
      refuses({ do: "object_get", bucket: "drop", name: "here" }, [
        "publish $JS.API.CONSUMER.CREATE.OBJ_drop.*.$O.drop.C.*",
        NAMES,
      ]),
      refuses({ do: "object_list", bucket: "drop" }, [
        "publish $JS.API.CONSUMER.CREATE.OBJ_drop.*.$O.drop.M.>",
        NAMES,
      ]),
      refuses({ do: "object_put", bucket: "private", name: "x", count: 10 }, INFO),
      publishes(
        "$O.private.M.x",
        "$JS.API.STREAM.PURGE.OBJ_private",
        "$JS.API.STREAM.DELETE.OBJ_drop",
      ),
    ],
  },
];
