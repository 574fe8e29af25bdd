import { isDeepStrictEqual } from "node:util";
import type { Config, Fault, LoadedConfig, Path } from "../config/index.ts";

/** What doors and journal were opened with. */
const FIXED = [
  "listen",
  "admin_listen",
  "metrics_listen",
  "tls",
  "admin_tls",
  "metrics_tls",
  "admin_audience",
  "public_url",
  "trusted_proxies",
  "docs",
  "explain",
  "journal",
] as const satisfies readonly (keyof Config)[];

const FIXED_LIMITS = [
  "body_bytes",
  "header_bytes",
  "connections",
  "request_timeout",
  "journal_unverified",
] as const;

/** As limits are called in the configuration: those with a unit of time carry it in ours. */
const inConfig = (limit: (typeof FIXED_LIMITS)[number]) =>
  limit === "request_timeout" ? "request_timeout_s" : limit;

/** The settings that differ and cannot be changed in a running service, each as a fault. */
export function needsRestart(old: Config, { config, fault }: LoadedConfig): readonly Fault[] {
  const say = (path: Path) => fault(path, "needs a restart: a running service cannot change it");
  return [
    ...FIXED.filter((key) => !isDeepStrictEqual(old[key], config[key])).map((key) => say([key])),
    ...FIXED_LIMITS.filter(
      (key) => !isDeepStrictEqual(old.limits[inConfig(key)], config.limits[inConfig(key)]),
    ).map((key) => say(["limits", key])),
  ];
}
