/** Each listener, and the setting that holds its TLS. */
export const TLS_OF = {
  listen: "tls",
  admin_listen: "admin_tls",
  metrics_listen: "metrics_tls",
} as const;

export type ListenerName = keyof typeof TLS_OF;

/** All of them, in the order in which they are looked at. */
export const LISTENERS = Object.keys(TLS_OF) as readonly ListenerName[]; // the keys of a constant
