import { type Doors, openDoors } from "./doors.ts";
import type { Effects, Files, Loaded } from "./effects.ts";
import { inForce } from "./in-force.ts";
import { listenersOf } from "./listeners.ts";
import { recordLoaded } from "./loaded.ts";
import { lookUpOnRead } from "./measures.ts";
import { type Reloading, reloading } from "./reload.ts";
import { openStanding } from "./standing.ts";

/** The running service. */
export interface App extends Doors {
  /** What is in force now. */
  loaded(): Loaded;
  /** Takes up what is written now, or says in the log why not. Never rejects. */
  reload(why: string): Promise<void>;
  /** Tells the journal where something was thrown that nothing expected. */
  crashed(where: string): Promise<unknown>;
  /** Lets answers in flight finish, flushes the journal, and lets go of everything. */
  close(): Promise<void>;
}

/**
 * Puts the parts together and opens the doors. What was started is stopped again if a later part fails.
 *
 * @param files where what was loaded comes from; without it, a reload finds nothing new
 */
export async function startApp(loaded: Loaded, effects: Effects, files?: Files): Promise<App> {
  const standing = await openStanding(loaded, effects);
  const { journal } = standing;
  const undo: (() => Promise<unknown>)[] = [() => journal.close()];
  const closeAll = async () => {
    for (const stop of undo.splice(0).reverse()) await stop();
  };
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= closeAll();
    return closing;
  };
  try {
    await recordLoaded(journal, loaded, undefined);
    const first = inForce(loaded, standing);
    const listeners = listenersOf(loaded, standing);
    const again = reloading(first, standing, files ?? unchanging(loaded), listeners.renew);
    undo.push(keepLooking(again));
    const { current } = again;
    lookUpOnRead(standing, current);
    const opened = (stop: () => Promise<unknown>) => void undo.push(stop);
    const doors = await openDoors({ standing, listeners, current, opened });
    return {
      ...doors,
      loaded: () => current().loaded,
      reload: again.reload,
      crashed: (where) => journal.record({ type: "service.crashed", where }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const unchanging = (loaded: Loaded): Files => ({
  seen: [],
  read: async () => ({ loaded, seen: [] }),
});

/** Looks at the files now and then; resolves, once it is stopped, when nothing is read any more. */
function keepLooking({ current, look, close }: Reloading): () => Promise<void> {
  let next: NodeJS.Timeout;
  let looking = Promise.resolve();
  const later = () => {
    const every_ms = current().loaded.config.reload_every_s * 1000;
    next = setTimeout(() => {
      looking = look().then(later);
    }, every_ms).unref();
  };
  later();
  return async () => {
    clearTimeout(next);
    await close();
    await looking;
    clearTimeout(next);
  };
}
