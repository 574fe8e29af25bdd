import type { Grant } from "./decision.ts";
import { intersectNetworks } from "./network.ts";
import { inboxPrefix } from "./permit.ts";
import type { Role } from "./policy.ts";
import { intersectTimes, type Times } from "./times.ts";

/** On which conditions several roles hold at once: those of every one of them. */
export interface Conditions {
  readonly connection_types: readonly string[];
  readonly source_networks?: readonly string[];
  readonly times?: Times;
  readonly limits: Grant["limits"];
  readonly ttl_s: number;
  readonly inbox_prefix: string;
  /** Whether a client of this kind can only bring the JWT, without signing for its key. */
  readonly bearer?: true;
  readonly scoped_key?: string;
}

/** The field of the roles that leaves nothing in common. */
export interface Conflict {
  readonly conflict: "connection_types" | "source_networks" | "times" | "inbox" | "scoped_key";
}

/**
 * Adds up the conditions of roles, at least one: types, networks and times intersect, limits and ttl
 * take the least. So no permission of one role is held under weaker conditions than that role sets.
 */
export function combine(roles: readonly Role[], own: string): Conditions | Conflict {
  const loner = roles.find(({ alone }) => alone !== undefined);
  if (loner?.alone && roles.length > 1) return { conflict: loner.alone };

  const connection_types = roles
    .map((role) => role.connection_types)
    .reduce((a, b) => a.filter((type) => b.includes(type)));
  if (connection_types.length === 0) return { conflict: "connection_types" };

  const source_networks = common(roles, (role) => role.source_networks, intersectNetworks);
  if (source_networks?.length === 0) return { conflict: "source_networks" };

  const times = common(
    roles,
    (role) => role.times,
    (a, b) => intersectTimes(a, b) ?? { ...a, ranges: [] },
  );
  if (times?.ranges.length === 0) return { conflict: "times" };

  const inbox_prefix = toldInbox(roles, own);
  if (inbox_prefix === undefined) return { conflict: "inbox" };

  return {
    connection_types,
    ...(source_networks && { source_networks: source_networks.map(({ text }) => text).sort() }),
    ...(times && { times }),
    limits: leastLimits(roles),
    ttl_s: Math.min(...roles.map((role) => role.ttl_s)),
    inbox_prefix,
    ...(connection_types.includes("MQTT") && { bearer: true }),
    ...(loner?.scoped_key !== undefined && { scoped_key: loner.scoped_key }),
  };
}

/** Intersects a condition over the roles that set it; undefined if none does. */
function common<T>(
  roles: readonly Role[],
  of: (role: Role) => T | undefined,
  intersect: (a: T, b: T) => T,
) {
  let all: T | undefined;
  for (const role of roles) {
    const one = of(role);
    if (one !== undefined) all = all === undefined ? one : intersect(all, one);
  }
  return all;
}

function leastLimits(roles: readonly Role[]): Grant["limits"] {
  const least: { -readonly [K in keyof Grant["limits"]]: Grant["limits"][K] } = {};
  for (const { limits } of roles) {
    for (const name of ["subscriptions", "payload_bytes", "data_bytes"] as const) {
      const limit = limits[name];
      if (limit !== undefined) least[name] = Math.min(limit, least[name] ?? limit);
    }
  }
  return least;
}

/**
 * The inbox that the caller is told to use. The inboxes of all roles may be subscribed to; told is
 * the one literal, because others count on it, else the private one, because nobody else reads it. A
 * client that cannot set a prefix is served by a shared inbox all the same. Two different literals
 * cannot both be told.
 */
function toldInbox(roles: readonly Role[], own: string): string | undefined {
  const prefixes = new Set(roles.map((role) => inboxPrefix(role, own)));
  const literals = [...prefixes].filter((prefix) => prefix !== own && prefix !== "_INBOX");
  if (literals.length > 1) return undefined;
  return literals[0] ?? (prefixes.has(own) ? own : "_INBOX");
}
