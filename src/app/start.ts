import { exchange } from "../exchange.ts";
import { adminDoor, httpDoor, metricsDoor } from "../http/index.ts";
import { type Entry, explain, refuse } from "../line/index.ts";
import { administration } from "./administration.ts";
import type { Effects, Files, Loaded } from "./effects.ts";
import { inFlight } from "./in-flight.ts";
import { inForce } from "./in-force.ts";
import { listenersOf } from "./listeners.ts";
import { recordLoaded } from "./loaded.ts";
import { lookUpOnRead } from "./measures.ts";
import { readiness } from "./readiness.ts";
import { type Reloading, reloading } from "./reload.ts";
import { openStanding } from "./standing.ts";

/** The running service. */
export interface App {
  /** Where callers come in. */
  readonly url: string;
  /** Where metrics are read. */
  readonly metrics_url: string;
  /** Where administration comes in, if it does. */
  readonly admin_url?: string;
  /** What is in force now. */
  loaded(): Loaded;
  /** Takes up what is written now, or says in the log why not. Never rejects. */
  reload(why: string): Promise<void>;
  /** From now on /readyz sends callers away; whoever comes is served as before. */
  leave(): void;
  /** Lets answers in flight finish, flushes the journal, and lets go of everything. */
  close(): Promise<void>;
}

/**
 * Puts the parts together and opens the doors. What was started is stopped again if a later part fails.
 *
 * @param files where what was loaded comes from; without it, a reload finds nothing new
 */
export async function startApp(loaded: Loaded, effects: Effects, files?: Files): Promise<App> {
  const { config } = loaded;
  const standing = await openStanding(loaded, effects);
  const { metrics, journal, timed } = standing;
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
    let phase: "serving" | "leaving" | "stopping" = "serving";
    const ready = () => readiness(current(), journal, phase === "serving");

    const metrics_listener = listeners.at("metrics_listen");
    const metrics_door = metricsDoor({ ready }, metrics, effects.log, metrics_listener);
    undo.push(() => metrics_door.close());
    const metrics_url = await metrics_listener.open(metrics_door);
    const { hasRoom, counted } = inFlight(standing, () => current().loaded.config.limits.in_flight);
    const listener = listeners.at("listen");
    const common = {
      config,
      admit: (address: string) => current().admissions.address.admit(address),
      refuse: (error: unknown, entry: Entry) => refuse(error, entry, current().world),
      leaving: () => phase !== "serving",
      stopping: () => phase === "stopping",
    };
    let admin_url: string | undefined;
    if (config.admin_audience !== undefined) {
      const { journal } = administration(current, standing, config.admin_audience);
      const admin_listener = listeners.at("admin_listen");
      const admin_door = adminDoor({ ...common, journal }, effects.log, admin_listener);
      undo.push(() => admin_door.close());
      admin_url = await admin_listener.open(admin_door);
    }
    const door = await httpDoor(
      {
        ...common,
        current: () => current().loaded.config,
        exchange: counted((ask) =>
          timed("exchange", () => current().run((world) => exchange(ask, world))),
        ),
        explain: counted((ask) => current().run((world) => explain(ask, world))),
        hasRoom,
        proofNonce: () => {
          const { verifier, now_s } = current().world;
          return verifier.nonces?.now(now_s());
        },
        ready,
      },
      effects.log,
      listener,
    );
    undo.push(() => {
      phase = "stopping";
      return door.close();
    });
    return {
      url: await listener.open(door),
      metrics_url,
      ...(admin_url !== undefined && { admin_url }),
      loaded: () => current().loaded,
      reload: again.reload,
      leave() {
        if (phase === "serving") phase = "leaving";
      },
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
