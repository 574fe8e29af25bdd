import { closing, type OnStream } from "./intent-jetstream.ts";
import type { IntentFile } from "./intent-schema.ts";
import { quote, type Report } from "./scope.ts";

type KvFile = NonNullable<IntentFile["kv"]>;

/**
 * A key-value bucket. Of a part of its keys: read by direct get, where the key stands in the subject;
 * the other ways (`STREAM.MSG.GET`, direct get by sequence) hold it in the message and read every key.
 */
export function kvIntent(wanted: KvFile, api: string, say: Report): OnStream {
  const { bucket, keys = ">", access, watch = false, may_create_consumers: creates } = wanted;
  const stream = `KV_${bucket}`;
  const list = typeof keys === "string" ? [keys] : keys;
  const whole = list.includes(">");
  const reads = access !== "write";
  const writes = access !== "read";
  if (watch && !reads) say(["watch"], "is a way to read: access must be read or readwrite");
  if (watch && !creates)
    say(["watch"], "creates a consumer for each watch: it needs may_create_consumers: true");
  if (writes && !whole && !wanted.may_roll_up) {
    say(
      ["access"],
      "lets a writer remove every other key with the header Nats-Rollup: all, unless the bucket was made without rollups: may_roll_up: true in this entry says that this is known",
    );
  }
  for (const key of list) {
    const fault = starFault(key);
    if (fault !== undefined) say(["keys"], `${quote(key)} ${fault}`);
  }
  const subjects = list.map((key) => `$KV.${bucket}.${key}`);
  const info = wanted.info || (whole && reads) ? [`${api}.STREAM.INFO.${stream}`] : [];
  const read = [
    ...(whole ? [`${api}.STREAM.MSG.GET.${stream}`, `${api}.DIRECT.GET.${stream}`] : []),
    ...subjects.map((subject) => `${api}.DIRECT.GET.${stream}.${subject}`),
  ];
  return {
    stream,
    publish: [
      ...info,
      ...(reads ? read : []),
      ...(reads && watch ? watching(api, stream, subjects, whole) : []),
      ...(writes ? writing(wanted, api, subjects) : []),
    ],
    subscribe: [],
  };
}

/**
 * Why a filter that stands in a subject of the API cannot hold a `*`. Who may publish there may also
 * write `>` in that place, which nats-server then reads as a wildcard: direct get of `alice.*` reads
 * `alice.x.secret`, and a consumer for it is one for `alice.>`. No deny can tell the two apart.
 */
export function starFault(filter: string): string | undefined {
  return filter.split(".").includes("*")
    ? "must not hold *: nats-server lets a client ask for > in that place, and so for all below"
    : undefined;
}

/**
 * The filter stands in the subject, so that it cannot be another one; of the whole bucket it need
 * not. Clients that list keys ask how many there are by the name of the consumer that they made.
 */
const watching = (api: string, stream: string, subjects: readonly string[], whole: boolean) => [
  ...(whole ? [`${api}.CONSUMER.CREATE.${stream}`, `${api}.CONSUMER.CREATE.${stream}.*`] : []),
  ...subjects.map((subject) => `${api}.CONSUMER.CREATE.${stream}.*.${subject}`),
  `${api}.CONSUMER.INFO.${stream}.*`,
  ...closing(api, stream),
];

/**
 * Into another domain clients write through its API: the plain subject does not get there, but to a
 * bucket of that name in the client's own domain. Through an imported API, some use one, some the other.
 */
function writing({ domain, api_prefix }: KvFile, api: string, subjects: readonly string[]) {
  const through = subjects.map((subject) => `${api}.${subject}`);
  if (domain !== undefined) return through;
  return api_prefix === undefined ? subjects : [...subjects, ...through];
}
