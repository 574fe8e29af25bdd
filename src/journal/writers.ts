import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { HEADS_FILE, isSegmentName, WRITER } from "./segments.ts";

/** What only the folder of a writer holds. A service that was started at all left one of them. */
const isMark = (name: string) =>
  isSegmentName(name) || name === HEADS_FILE || name === "lock.sock" || name.startsWith("torn-");

/**
 * The folders of writers that this one names: itself, where it holds a journal, or else those below
 * that do. None: there is no journal here.
 */
export async function writerFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.some(({ name }) => isSegmentName(name))) return [folder];
  const below: string[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory() || !WRITER.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if ((await readdir(path)).some(isMark)) below.push(path);
  }
  // A writer's folder that lost its segments; but heads may be kept beside the folders as well.
  const itself =
    below.length === 0 && entries.some(({ name }) => isMark(name) || name.endsWith(".jsonl"));
  return itself ? [folder] : below.sort();
}
