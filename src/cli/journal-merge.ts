import type { StoredEvent } from "../journal/index.ts";

/**
 * The events of several writers in one, by their time; those of one writer stay in their order.
 *
 * @param last at most the last so many
 */
export async function* inOrderOfTime(
  writers: readonly AsyncGenerator<StoredEvent>[],
  last = Number.POSITIVE_INFINITY,
): AsyncGenerator<StoredEvent> {
  if (Number.isFinite(last) && writers.length > 1) {
    // Each writer gave its last ones, of which some are too old among those of all.
    const found: StoredEvent[] = [];
    for await (const event of merged(writers)) found.push(event);
    yield* found.slice(-last);
    return;
  }
  yield* merged(writers);
}

async function* merged(writers: readonly AsyncGenerator<StoredEvent>[]) {
  const next = await Promise.all(writers.map(async (writer) => (await writer.next()).value));
  while (true) {
    let first = -1;
    for (const [i, event] of next.entries()) {
      if (event && (first < 0 || event.at < (next[first]?.at ?? ""))) first = i;
    }
    const event: StoredEvent | undefined = next[first];
    if (!event) return;
    yield event;
    next[first] = (await writers[first]?.next())?.value;
  }
}
