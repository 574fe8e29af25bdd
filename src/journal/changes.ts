import { type FSWatcher, watch } from "node:fs";

/** Some file systems tell nobody of changes: then one is looked for this often. */
const LOOK_AGAIN_MS = 1000;

/**
 * Waits for changes in folders. The function that it returns resolves with true as soon as something
 * may have changed since it was last called, and with false once the signal was given.
 */
export function changesIn(folders: readonly string[], signal: AbortSignal): () => Promise<boolean> {
  let changed = false;
  let wake = () => {};
  const seen = () => {
    changed = true;
    wake();
  };
  const watchers = folders.flatMap((folder) => watcherOf(folder, seen));
  signal.addEventListener("abort", () => {
    for (const watcher of watchers) watcher.close();
    wake();
  });
  return async () => {
    if (!changed && !signal.aborted) {
      await orLater((resolve) => {
        wake = resolve;
      });
    }
    changed = false;
    return !signal.aborted;
  };
}

async function orLater(subscribe: (resolve: () => void) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, LOOK_AGAIN_MS);
    subscribe(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** None where the system has no watcher left, or the folder is gone: looking again is enough. */
function watcherOf(folder: string, seen: () => void): FSWatcher[] {
  try {
    return [watch(folder, seen).on("error", () => {})];
  } catch {
    return [];
  }
}
