import { parseNetwork } from "../network.ts";
import { locationFault } from "../times.ts";
import type { Refusal, Rights } from "./rights.ts";
import { shown } from "./said.ts";

/** On which conditions a role holds, in the fields of a policy; absent as there. */
export interface CarriedConditions {
  /** One role for each: who connects as a leaf node or by MQTT is no other client. */
  readonly connection_types: readonly (readonly string[] | undefined)[];
  readonly source_networks?: readonly string[];
  readonly times?: {
    readonly location: string;
    readonly ranges: readonly { readonly start: string; readonly end: string }[];
  };
  readonly limits?: { readonly [name: string]: number };
  readonly notes: readonly string[];
}

/** Takes over when, whence and how a user may connect. What cannot be said lets nobody in. */
export function carryConditions(
  rights: Rights,
  location: string | undefined,
): CarriedConditions | Refusal {
  const notes: string[] = [];
  const types = connectionTypes(rights, notes);
  if ("refused" in types) return types;
  const networks = sourceNetworks(rights.src ?? [], notes);
  if (networks && "refused" in networks) return networks;
  const times = timesOf(rights, location, notes);
  if (times && "refused" in times) return times;
  const bounds = limitsOf(rights);
  if ("refused" in bounds) return bounds;
  const { limits } = bounds;
  return {
    connection_types: types,
    ...(networks && { source_networks: networks }),
    ...(times && { times }),
    ...(Object.keys(limits).length > 0 && { limits }),
    notes,
  };
}

/** What a policy can name, and of it those who are alone. */
const TYPES = ["STANDARD", "WEBSOCKET", "IN_PROCESS", "LEAFNODE", "MQTT"];
const LONERS = ["LEAFNODE", "MQTT"];
const DEFAULT_TYPES = "STANDARD,WEBSOCKET";

function connectionTypes(
  { allowed_connection_types = [], bearer_token = false }: Rights,
  notes: string[],
): CarriedConditions["connection_types"] | Refusal {
  const written = [...new Set(allowed_connection_types.map((type) => type.toUpperCase()))];
  if (bearer_token && written.join() !== "MQTT")
    notes.push(
      "narrower: its JWT was a bearer token, which whoever sees it can use; now the client proves its key. A device that speaks MQTT takes connection_types: [MQTT]",
    );
  if (written.length === 0) return [undefined];
  const kept = TYPES.filter((type) => written.includes(type) && (type !== "MQTT" || bearer_token));
  const lost = written.filter((type) => !kept.includes(type));
  if (lost.length > 0)
    notes.push(
      `narrower: it cannot connect as ${lost.map(shown).join(", ")}: a policy does not name that, or MQTT was refused for want of a bearer token`,
    );
  if (kept.length === 0)
    return { refused: `no policy can name how it connects (${lost.map(shown).join(", ")})` };
  const plain = kept.filter((type) => !LONERS.includes(type)).sort();
  return [
    ...(plain.length > 0 ? [plain.join() === DEFAULT_TYPES ? undefined : plain] : []),
    ...LONERS.filter((type) => kept.includes(type)).map((type) => [type]),
  ];
}

function sourceNetworks(
  src: NonNullable<Rights["src"]>,
  notes: string[],
): readonly string[] | Refusal | undefined {
  // As one text with commas it was written by the first version of the format.
  const texts = typeof src === "string" ? src.split(",").filter((text) => text !== "") : src;
  if (texts.length === 0) return undefined;
  const networks = texts.flatMap((text) => {
    const network = parseNetwork(text);
    if (!("fault" in network)) return [network.text];
    notes.push(`narrower: not from ${shown(text)}, which ${network.fault}`);
    return [];
  });
  return networks.length > 0
    ? [...new Set(networks)].sort()
    : { refused: "no policy can name the networks that it connects from" };
}

const CLOCK = /^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$/;
const [MIDNIGHT, LAST_SECOND] = ["00:00:00", "23:59:59"];

function timesOf(
  { times = [], times_location = "" }: Rights,
  of_servers: string | undefined,
  notes: string[],
): CarriedConditions["times"] | Refusal {
  if (times.length === 0) return undefined;
  const location = times_location || of_servers;
  if (location === undefined)
    return {
      refused: "its times of day are in the time zone of the servers: name it with --location",
    };
  if (locationFault(location) !== undefined)
    return { refused: `its times of day are in ${shown(location)}, which is no IANA time zone` };
  if (!times.every(({ start, end }) => CLOCK.test(start) && CLOCK.test(end)))
    return { refused: "its times of day are not of the form 08:00:00" };
  const ranges = times.flatMap(({ start, end }) => {
    if (start <= end) return [{ start, end }];
    notes.push(`narrower: ${start} to ${end} passes midnight, where its last second is left out`);
    return [
      { start: MIDNIGHT, end },
      { start, end: LAST_SECOND },
    ];
  });
  const merged = mergeRanges(ranges.filter(({ start, end }) => start < end));
  return merged.length > 0
    ? { location, ranges: merged }
    : { refused: "its times of day let it connect at none" };
}

type Range = { readonly start: string; readonly end: string };

/** The same times in ranges that do not overlap. Texts of one width: their order is that of the times. */
function mergeRanges(ranges: readonly Range[]): readonly Range[] {
  const merged: { start: string; end: string }[] = [];
  for (const { start, end } of [...ranges].sort((a, b) => (a.start < b.start ? -1 : 1))) {
    const last = merged.at(-1);
    if (!last || start >= last.end) merged.push({ start, end });
    else if (end > last.end) last.end = end;
  }
  return merged;
}

/** In a JWT, -1 is without limit and what is absent is zero. */
const UNLIMITED = -1;

function limitsOf({
  subs = 0,
  payload = 0,
  data = 0,
}: Rights): Required<Pick<CarriedConditions, "limits">> | Refusal {
  if (subs === 0 || subs < UNLIMITED)
    return {
      refused: "its limit of subscriptions is 0, with which nats-server closes the connection",
    };
  if (payload === 0 || payload < UNLIMITED)
    return { refused: "its limit of the payload is 0, with which it can publish nothing" };
  const limits = {
    ...(subs > 0 && { subscriptions: subs }),
    ...(payload > 0 && { payload_bytes: payload }),
    ...(data > 0 && { data_bytes: data }),
  };
  return { limits };
}
