import type { Issued } from "../journal/index.ts";
import { word } from "./word.ts";

/** What a credential permits, a row for each thing that is said: its name, and its words. */
export function grantedRows(event: Issued): (readonly [name: string, said: string])[] {
  const { scoped_key, responses, connection_types, source_networks, times, limits, tags } = event;
  const list = (name: string, texts: readonly string[] | undefined) =>
    texts ? [[name, texts.map(word).join(", ")] as const] : [];
  const subjects = (name: string, texts: readonly string[]) =>
    list(name, texts.length > 0 ? texts : ["nothing"]);
  return [
    ...(scoped_key === undefined
      ? [...subjects("publish", event.publish), ...list("but not", event.deny_publish)]
      : [["permitted by", `scoped key ${word(scoped_key)}, not by the JWT`] as const]),
    ...(responses
      ? [["answers", `${responses.max} to any request, within ${responses.ttl_s} s`] as const]
      : []),
    ...(scoped_key === undefined ? subjects("subscribe", event.subscribe) : []),
    ...list("but not", event.deny_subscribe),
    ...list("connect by", connection_types),
    ...(event.bearer ? [["bearer", "the JWT alone, without a signature"] as const] : []),
    ...list("from", source_networks),
    ...list("at", times && [...times.ranges.map(rangeText), times.location]),
    ...Object.entries(limits ?? {}).map(([name, most]) => [word(name), `at most ${most}`] as const),
    ...list("tags", tags),
  ];
}

const rangeText = ({ start, end }: { readonly start: string; readonly end: string }) =>
  `${start}-${end}`;
