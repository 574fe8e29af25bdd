import { rm } from "node:fs/promises";
import { realDisk } from "./disk.ts";
import type { Recorder } from "./recorder.ts";
import { listSegments, openingOf } from "./segments.ts";

/**
 * Removes closed segments whose last event is older than this time, oldest first. Each removal is
 * journaled before it happens, so that after a crash the chain begins where the journal says.
 */
export async function prune(
  folder: string,
  before_ms: number,
  journal: Pick<Recorder, "append">,
): Promise<void> {
  const { segments } = await listSegments(folder);
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    // The next segment knows how this one ended: when, with what, and that it did.
    const opening = next && (await openingOf(next));
    if (!next || !opening || Date.parse(opening.at) > before_ms) return;
    await journal.append({
      type: "journal.pruned",
      segment: segment.name,
      last_seq: next.first_seq - 1,
      last_hash: opening.prev,
    });
    await rm(segment.path);
  }
  await realDisk.syncFolder(folder);
}
