import { seconds, suggestion } from "../config/index.ts";
import type { TimeRange } from "./decision.ts";
import { type Network, parseNetwork } from "./network.ts";
import type { PolicyContext, Role } from "./policy.ts";
import type { RoleFile } from "./schema.ts";
import { parseTemplate, type Template } from "./slot.ts";
import { guardStars } from "./star.ts";
import { type Direction, parseSubject, reserved, type Subject } from "./subject.ts";
import { locationFault, type Times } from "./times.ts";

/** Takes a fault at a path below the thing that is being compiled. */
export type Report = (path: readonly (string | number)[], message: string) => void;

/** Every inbox in the account: to answer requests. */
const EVERY_INBOX = fixed("_INBOX.>");
/** Stands in for the inbox that each credential adds to the subscriptions of its roles. */
const OWN_INBOX = fixed("_INBOX.own.>");
const BOTH_TYPES = Object.freeze(["STANDARD", "WEBSOCKET"]);
/** A credential with less than this left is not given out. */
const TTL_MIN_S = 5;

/** Prepares a role. What is wrong with it goes to `report`, and the result is then not to be used. */
export function compileRole(
  { name, place }: Pick<Role, "name" | "place">,
  file: RoleFile,
  context: PolicyContext,
  report: Report,
): Role {
  if (!context.accounts.includes(file.account)) {
    report(
      ["account"],
      `unknown account ${quote(file.account)}${suggestion(file.account, context.accounts)}`,
    );
  }
  const publish = templates("publish", file, report);
  const subscribe = templates("subscribe", file, report);
  if (file.respond) publish.push({ subject: EVERY_INBOX, slots: [] });
  if (!file.respond && !file.publish?.length && !file.subscribe?.length) {
    report([], "permits nothing: give it publish, subscribe or respond");
  }
  const guard = guardStars([
    OWN_INBOX,
    ...subscribe.filter((t) => t.slots.length === 0).map((t) => t.subject),
  ]);
  if ("star" in guard) report(["subscribe"], unguarded(guard.star, guard.beside));

  const ttl_s = file.ttl === undefined ? context.default_ttl_s : seconds(file.ttl);
  if (ttl_s < TTL_MIN_S) report(["ttl"], `must be at least ${TTL_MIN_S}s`);
  const inbox = file.inbox ?? "private";
  if (/^_INBOX\.[0-9a-f]{32}(\.|$)/.test(inbox))
    report(["inbox"], "has the form of somebody's private inbox");

  return {
    name,
    place,
    account: file.account,
    publish,
    subscribe,
    connection_types: file.connection_types ? [...file.connection_types].sort() : BOTH_TYPES,
    ...(file.source_networks && { source_networks: networks(file.source_networks, report) }),
    ...(file.times && { times: times(file.times, report) }),
    limits: file.limits ?? {},
    inbox,
    ttl_s,
  };
}

function templates(direction: Direction, file: RoleFile, report: Report): Template[] {
  return (file[direction] ?? []).flatMap((text, index) => {
    const template = parseTemplate(text, direction);
    const fault =
      "fault" in template ? template.fault : forbidden(template, file.allow_reserved ?? false);
    if (fault !== undefined) report([direction, index], `${quote(text)} ${fault}`);
    return "fault" in template ? [] : [template];
  });
}

/** Parts of what NATS keeps for itself that are named by whoever created them: buckets. */
const NAMED_BY_USERS: readonly (string | undefined)[] = ["$KV", "$O"];

function forbidden({ subject }: Template, allow_reserved: boolean): string | undefined {
  if (!reserved(subject)) return undefined;
  if (!allow_reserved) {
    const hint =
      subject.tokens[0] === "_INBOX" ? " (to answer requests, respond: true is enough)" : "";
    return `can start with $ or _, which is reserved: allow_reserved: true in this role permits it${hint}`;
  }
  const [first, second] = subject.tokens;
  // Otherwise a claim picks whose inbox, or which part of a system's interface.
  if (second === "{}" && !NAMED_BY_USERS.includes(first))
    return `must not have a slot right after ${first}`;
  return undefined;
}

const unguarded = (star: Subject, beside: Subject) =>
  `${quote(star.text)} would let a client subscribe to everything below it, which can only be denied ` +
  (beside === OWN_INBOX ? "together with its own inbox" : `together with ${quote(beside.text)}`) +
  `: write > for that *, or name its tokens`;

function networks(texts: readonly string[], report: Report): Network[] {
  return texts.flatMap((text, index) => {
    const network = parseNetwork(text);
    if (!("fault" in network)) return [network];
    report(["source_networks", index], `${quote(text)} ${network.fault}`);
    return [];
  });
}

function times(
  { location, ranges }: { location: string; ranges: TimeRange[] },
  report: Report,
): Times {
  const fault = locationFault(location);
  if (fault !== undefined) report(["times", "location"], `${quote(location)} ${fault}`);
  for (const [index, { start, end }] of ranges.entries()) {
    const path = ["times", "ranges", index];
    if (start >= end) report(path, "must start before it ends: a range over midnight is two");
    const before = ranges.slice(0, index).some((other) => start < other.end && other.start < end);
    if (before) report(path, "overlaps a range before it");
  }
  return { location, ranges };
}

/** As JSON: a person sees where it ends, and a control character cannot act on a terminal. */
export const quote = (text: string) =>
  JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);

function fixed(text: string): Subject {
  const subject = parseSubject(text, "subscribe");
  if ("fault" in subject) throw new Error(`${text} ${subject.fault}`);
  return subject;
}
