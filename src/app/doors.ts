import { exchange } from "../exchange.ts";
import { adminDoor, httpDoor, metricsDoor } from "../http/index.ts";
import { type Ask, type Entry, explain, refuse } from "../line/index.ts";
import { administration } from "./administration.ts";
import { inFlight } from "./in-flight.ts";
import type { InForce } from "./in-force.ts";
import type { Listeners } from "./listeners.ts";
import { readiness } from "./readiness.ts";
import type { Standing } from "./standing.ts";

/** What the doors are opened on. */
export interface Ground {
  readonly standing: Standing;
  readonly listeners: Listeners;
  /** What is in force now. */
  current(): InForce;
  /** Called with what closes a door as soon as there is one to close. */
  opened(close: () => Promise<unknown>): void;
}

/** The doors, once they are open. */
export interface Doors {
  /** Where callers come in. */
  readonly url: string;
  /** Where metrics are read. */
  readonly metrics_url: string;
  /** Where administration comes in, if it does. */
  readonly admin_url?: string;
  /** From now on /readyz sends callers away; whoever comes is served as before. */
  leave(): void;
}

/** Opens the doors one after the other: the one for callers last, when all else is there. */
export async function openDoors(ground: Ground): Promise<Doors> {
  const { standing, listeners, current, opened } = ground;
  const { metrics, journal, timed, effects } = standing;
  const { config } = current().loaded;
  let phase: "serving" | "leaving" | "stopping" = "serving";
  const tried = readiness(current, journal);
  const ready = () => tried(phase === "serving");
  const common = {
    config,
    admit: (address: string) => current().admissions.address.admit(address),
    refuse: (error: unknown, entry: Entry) => refuse(error, entry, current().world),
    leaving: () => phase !== "serving",
    stopping: () => phase === "stopping",
  };

  const metrics_listener = listeners.at("metrics_listen");
  const metrics_door = metricsDoor({ ready }, metrics, effects.log, metrics_listener);
  opened(() => metrics_door.close());
  const metrics_url = await metrics_listener.open(metrics_door);

  const admin_url = await openAdmin(ground, common);

  const { hasRoom, counted } = inFlight(standing, () => current().loaded.config.limits.in_flight);
  const behind = {
    ...common,
    current: () => current().loaded.config,
    exchange: counted((ask: Ask) =>
      timed("exchange", () => current().run((world) => exchange(ask, world))),
    ),
    explain: counted((ask: Ask) => current().run((world) => explain(ask, world))),
    hasRoom,
    proofNonce() {
      const { verifier, now_s } = current().world;
      return verifier.nonces?.now(now_s());
    },
    ready,
  };
  const listener = listeners.at("listen");
  const door = await httpDoor(behind, effects.log, listener);
  opened(() => {
    phase = "stopping";
    return door.close();
  });
  return {
    url: await listener.open(door),
    metrics_url,
    ...(admin_url !== undefined && { admin_url }),
    leave() {
      if (phase === "serving") phase = "leaving";
    },
  };
}

type Common = Omit<Parameters<typeof adminDoor>[0], "journal">;

/** Only where tokens for administration have an audience of their own. */
async function openAdmin(
  { standing, listeners, current, opened }: Ground,
  common: Common,
): Promise<string | undefined> {
  const { admin_audience } = current().loaded.config;
  if (admin_audience === undefined) return undefined;
  const { journal } = administration(current, standing, admin_audience);
  const listener = listeners.at("admin_listen");
  const door = adminDoor({ ...common, journal }, standing.effects.log, listener);
  opened(() => door.close());
  return listener.open(door);
}
