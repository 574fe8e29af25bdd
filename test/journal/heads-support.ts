import { appendFile, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { GENESIS, hashLine } from "../../src/journal/chain.ts";
import type { HeadFailure, HeadsOptions, SignedHead } from "../../src/journal/index.ts";
import { type Journal, type JournalOptions, openJournal } from "../../src/journal/index.ts";
import { segmentName } from "../../src/journal/segments.ts";
import { linesOf, options, segmentsOf, tempDir } from "./support.ts";

/** Heads with a clock that a test moves, and what became of them. */
export function headsByHand(more: Partial<HeadsOptions> = {}) {
  const signed: SignedHead[] = [];
  const failures: HeadFailure[] = [];
  const runs = new Set<() => void>();
  const heads: HeadsOptions = {
    every_s: 60,
    owner: { uid: process.getuid?.() ?? 0 },
    post: async () => new Response(),
    every(_ms, run) {
      runs.add(run);
      return () => void runs.delete(run);
    },
    on_head: (head) => void signed.push(head),
    on_failure: (failure) => void failures.push(failure),
    ...more,
  };
  const tick = () => {
    for (const run of runs) run();
  };
  return { heads, signed, failures, tick, runs };
}

/** A journal of one run: opened, written by `work`, closed. Resolves with what it signed. */
export async function oneRun(
  dir: string,
  work: (journal: Journal) => Promise<void>,
  more: Partial<JournalOptions> = {},
  heads: Partial<HeadsOptions> = {},
): Promise<readonly SignedHead[]> {
  const own = headsByHand(heads);
  const journal = await openJournal(options(dir, { heads: own.heads, ...more }));
  await work(journal).finally(() => journal.close());
  return own.signed;
}

/** A folder for the journal, and a file for its heads elsewhere. */
export async function places(t: TestContext) {
  const [dir, elsewhere] = await Promise.all([tempDir(t), tempDir(t)]);
  return { dir, folder: join(dir, "main"), file: join(elsewhere, "heads.jsonl") };
}

export async function headsIn(file: string): Promise<SignedHead[]> {
  const text = await readFile(file, "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

type Line = Record<string, unknown> & { readonly seq: number; readonly prev: string };

/**
 * Writes the whole chain anew, as somebody would who can write to the folder: every event gets the
 * place and the hash that it would have had.
 */
export async function rewrite(folder: string, change: (events: Line[]) => Line[]): Promise<void> {
  const events = change((await linesOf(folder)) as unknown as Line[]); // whatever a test makes of them
  for (const name of await segmentsOf(folder)) await rm(join(folder, name));
  let prev = GENESIS.hash;
  let path = "";
  for (const [i, event] of events.entries()) {
    if (event["type"] === "journal.checkpoint") path = join(folder, segmentName(i + 1));
    const line = JSON.stringify({ ...event, seq: i + 1, prev });
    await appendFile(path, `${line}\n`);
    prev = hashLine(line);
  }
}
