import type { Path } from "../config/index.ts";
import { kvIntent, starFault } from "./intent-kv.ts";
import type { IntentFile } from "./intent-schema.ts";
import type { Intended } from "./intents.ts";
import { type IntentScope, quote, type Report, unknown } from "./scope.ts";

type Of<K extends keyof IntentFile> = NonNullable<IntentFile[K]>;
type Where = { readonly domain?: string; readonly api_prefix?: string };

/** The subjects of one entry of `jetstream`. */
export function jetstreamIntent(
  intent: IntentFile,
  path: Path,
  scope: IntentScope,
  report: Report,
): readonly Intended[] {
  const [name = "", wanted] = Object.entries(intent)[0] ?? [];
  const at: Path = [...path, name];
  const say: Report = (below, message) => report([...at, ...below], message);
  if (intent.publish_to) {
    const subjects = subjectsOf(intent.publish_to, scope, say);
    return subjects.map((text) => ({ direction: "publish", text, path: at, open: false }));
  }
  checkWhere(wanted as Where, scope, say); // what is left are the three that have it
  const on = onStream(intent, say);
  if (!on) return [];
  const { stream, publish, subscribe } = on;
  if (scope.fence && !scope.fence.streams.includes(stream))
    say([], `needs the stream ${quote(stream)}, which the root file does not give this file`);
  return [
    ...publish.map((text) => ({ direction: "publish", text, path: at, open: true }) as const),
    // What a consumer pushes goes where its maker says, so that is a subject like any other.
    ...subscribe.map((text) => ({ direction: "subscribe", text, path: at, open: false }) as const),
  ];
}

function onStream({ consume, kv, object }: IntentFile, say: Report): OnStream | undefined {
  if (consume) return consumeIntent(consume, say);
  if (kv) return kvIntent(kv, apiOf(kv), say);
  return object && objectIntent(object, say);
}

/** What an intent comes to, and the one stream that it is about. */
export interface OnStream {
  readonly stream: string;
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** Where the API is. In another domain or account the same name is another stream. */
function checkWhere({ domain, api_prefix }: Where, { fence }: IntentScope, say: Report): void {
  if (domain !== undefined && api_prefix !== undefined)
    say(["api_prefix"], "is what domain says already: write one of them");
  if (!fence) return;
  for (const [key, value] of Object.entries({ domain, api_prefix })) {
    if (value !== undefined) say([key], "stands in the root file only");
  }
}

const apiOf = ({ domain, api_prefix }: Where) =>
  api_prefix ?? (domain === undefined ? "$JS.API" : `$JS.${domain}.API`);

function subjectsOf(
  { stream, subjects }: Of<"publish_to">,
  { streams }: IntentScope,
  say: Report,
): readonly string[] {
  if ((stream === undefined) === (subjects === undefined)) {
    say([], "needs either a stream or subjects");
    return [];
  }
  if (stream === undefined) return typeof subjects === "string" ? [subjects] : (subjects ?? []);
  const known = streams.get(stream);
  if (!known) say(["stream"], unknown("stream", stream, [...streams.keys()]));
  return known ?? [];
}

/**
 * From a consumer that exists: ask what it is, take the next messages, acknowledge them. Who may take
 * messages chooses the subject to which nats-server sends them, which no permission can change.
 */
function consumeIntent(wanted: Of<"consume">, say: Report): OnStream {
  const { stream, durable, deliver, filter, may_create_consumers: creates } = wanted;
  const api = apiOf(wanted);
  if (durable === undefined) {
    if (!creates) say([], "needs the name of a durable consumer, or may_create_consumers: true");
    for (const key of ["filter", "deliver"] as const) {
      if (wanted[key] !== undefined)
        say([key], "needs a durable: without one, the role may use every consumer of the stream");
    }
    return { stream, publish: everyConsumer(api, stream), subscribe: [] };
  }
  if (filter !== undefined && !creates) say(["filter"], "is for a consumer that the role creates");
  const star = filter === undefined ? undefined : starFault(filter);
  if (star !== undefined) say(["filter"], `${quote(filter ?? "")} ${star}`);
  const consumer = `${stream}.${durable}`;
  const create =
    filter === undefined
      ? [
          `${api}.CONSUMER.CREATE.${consumer}`,
          `${api}.CONSUMER.CREATE.${consumer}.>`,
          `${api}.CONSUMER.DURABLE.CREATE.${consumer}`,
        ]
      : [`${api}.CONSUMER.CREATE.${consumer}.${filter}`];
  const take =
    deliver === undefined ? [`${api}.CONSUMER.MSG.NEXT.${consumer}`] : [`$JS.FC.${consumer}.>`];
  const publish = [`${api}.CONSUMER.INFO.${consumer}`, ...take, `$JS.ACK.${consumer}.>`];
  return {
    stream,
    publish: creates ? [...publish, ...create] : publish,
    subscribe: deliver === undefined ? [] : [deliver],
  };
}

/** Ordered and other nameless consumers: nothing tells those of one client from those of another. */
const everyConsumer = (api: string, stream: string) => [
  `${api}.STREAM.INFO.${stream}`,
  `${api}.CONSUMER.CREATE.${stream}`,
  `${api}.CONSUMER.CREATE.${stream}.>`,
  `${api}.CONSUMER.INFO.${stream}.*`,
  `${api}.CONSUMER.MSG.NEXT.${stream}.*`,
  ...closing(api, stream),
];

/**
 * What a client that made itself a consumer of any name does with it: answer on its flow control,
 * without which some hundred messages come and no more, and remove it, for which nats.go waits.
 */
export const closing = (api: string, stream: string) => [
  `${api}.CONSUMER.DELETE.${stream}.*`,
  `$JS.FC.${stream}.>`,
];

/** Objects: what they are called under `M`, their parts under `C`, read by a consumer for each. */
function objectIntent(wanted: Of<"object">, say: Report): OnStream {
  const { bucket, access, may_create_consumers: creates } = wanted;
  const stream = `OBJ_${bucket}`;
  const api = apiOf(wanted);
  const reads = access !== "write";
  if (reads && !creates)
    say(["access"], "creates a consumer for each object: it needs may_create_consumers: true");
  const writes = access !== "read";
  return {
    stream,
    publish: [
      `${api}.STREAM.INFO.${stream}`,
      // Putting asks first whether there is one of that name, and takes the old parts away.
      `${api}.STREAM.MSG.GET.${stream}`,
      `${api}.DIRECT.GET.${stream}.$O.${bucket}.M.>`,
      ...(writes ? [`$O.${bucket}.C.>`, `$O.${bucket}.M.>`, `${api}.STREAM.PURGE.${stream}`] : []),
      ...(reads
        ? [
            `${api}.CONSUMER.CREATE.${stream}`,
            `${api}.CONSUMER.CREATE.${stream}.*.$O.${bucket}.C.>`,
            `${api}.CONSUMER.CREATE.${stream}.*.$O.${bucket}.M.>`,
            ...closing(api, stream),
          ]
        : []),
    ],
    subscribe: [],
  };
}
