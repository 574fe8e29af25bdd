import { ENVELOPE_LIMIT_BYTES, LINE_LIMIT_BYTES } from "./chain.ts";
import type { Fold } from "./fold.ts";

/** Room for what stands around the entries: the envelope, `part`, `last`, and the fold names. */
const FRAME_BYTES = ENVELOPE_LIMIT_BYTES + 4096;

/**
 * What the folds remember, as bodies of `journal.checkpoint` lines that each fit the line limit.
 * Always at least one. Lazy: whoever writes them can let others work between two parts.
 */
export function* checkpointParts(folds: readonly Fold[], now_s: number): Generator<string> {
  const room_bytes = LINE_LIMIT_BYTES - FRAME_BYTES;
  let part = 1;
  let used_bytes = 0;
  let state = new Map<string, string[]>();
  for (const fold of folds) {
    for (const entry of fold.checkpoint(now_s)) {
      const json = JSON.stringify(entry);
      const bytes = Buffer.byteLength(json) + 1;
      if (bytes > room_bytes)
        throw new Error(`an entry of ${fold.name} is over ${room_bytes} bytes`);
      if (used_bytes + bytes > room_bytes) {
        yield body(part++, false, state);
        used_bytes = 0;
        state = new Map();
      }
      used_bytes += bytes;
      const entries = state.get(fold.name);
      if (entries) entries.push(json);
      else state.set(fold.name, [json]);
    }
  }
  yield body(part, true, state);
}

function body(part: number, last: boolean, state: ReadonlyMap<string, readonly string[]>): string {
  const folds = [...state].map(
    ([name, entries]) => `${JSON.stringify(name)}:[${entries.join(",")}]`,
  );
  return `"part":${part},"last":${last},"state":{${folds.join(",")}}`;
}
