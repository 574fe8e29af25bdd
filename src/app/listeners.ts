import { LISTENERS, type ListenerName, TLS_OF } from "../config/index.ts";
import { type Listener, listenerAt } from "../http/index.ts";
import { untimely } from "../tls/index.ts";
import type { Loaded } from "./effects.ts";
import type { Standing } from "./standing.ts";

/** No exchange takes so long, nor does anybody who reads an answer. */
const SILENCE_S = 30;
/** A long journal is read before the first byte of an answer. */
const SILENCE_ADMIN_S = 600;

/** Where this service listens. */
export interface Listeners {
  /** The listener of a door, which opens it. */
  at(name: ListenerName): Listener;
  /** Takes up the certificates that were loaded now. */
  renew(loaded: Loaded): void;
}

/** Makes listeners as they are configured, and tells of their certificates and of what they drop. */
export function listenersOf(
  loaded: Loaded,
  { metrics, effects, now_s }: Pick<Standing, "metrics" | "effects" | "now_s">,
): Listeners {
  const made = new Map<ListenerName, Listener>();
  const warn = ({ config, certificates }: Loaded) => {
    for (const listener of LISTENERS) {
      const certificate = certificates[listener];
      const wrong = certificate && untimely(certificate, now_s());
      const file = config[TLS_OF[listener]]?.cert_file;
      if (wrong !== undefined) effects.log.warn({ listener, file }, `a certificate ${wrong}`);
    }
  };
  warn(loaded);
  let current = loaded;
  metrics.onRead(() => {
    for (const listener of LISTENERS) {
      const ends_at = current.certificates[listener]?.not_after;
      if (ends_at !== undefined) metrics.set("tls_expiry_timestamp_seconds", ends_at, { listener });
    }
  });
  return {
    at(listener) {
      const listening = listenerAt({
        address: loaded.config[listener],
        limits: loaded.config.limits,
        certificate: loaded.certificates[listener],
        silence_s: listener === "admin_listen" ? SILENCE_ADMIN_S : SILENCE_S,
        on_drop: () => metrics.add("connections_dropped_total", { listener }),
      });
      made.set(listener, listening);
      return listening;
    },
    renew(next) {
      current = next;
      for (const [listener, { renew }] of made) renew(next.certificates[listener]);
      warn(next);
    },
  };
}
