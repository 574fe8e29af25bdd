import { seconds } from "../config/index.ts";
import type { TimeRange } from "./decision.ts";
import { inside } from "./fence.ts";
import { type Network, parseNetwork } from "./network.ts";
import { fixed, type Permissions, permissionsOf } from "./permissions.ts";
import type { Role } from "./policy.ts";
import { aloneOf, checkForm } from "./role-form.ts";
import type { RoleFile } from "./role-schema.ts";
import { type FileScope, quote, type Report, unknown } from "./scope.ts";
import { guardStars } from "./star.ts";
import type { Subject } from "./subject.ts";
import { parseTag, type Tag } from "./tag.ts";
import { locationFault, type Times } from "./times.ts";

/** Stands in for the inbox that each credential adds to the subscriptions of its roles. */
const OWN_INBOX = fixed("_INBOX.own.>");
const BOTH_TYPES = Object.freeze(["STANDARD", "WEBSOCKET"]);
/** A credential with less than this left is not given out. */
const TTL_MIN_S = 5;
/** What clients of NATS take for granted: one answer to a request, within two minutes. */
const RESPONSES = { max: 1, ttl: "2m" };

/** Prepares a role. What is wrong with it goes to `report`, and the result is then not to be used. */
export function compileRole(
  { name, place }: Pick<Role, "name" | "place">,
  file: RoleFile,
  scope: FileScope,
  report: Report,
): Role {
  const { accounts, default_ttl_s } = scope.context;
  if (!accounts.includes(file.account))
    report(["account"], unknown("account", file.account, accounts));
  const permissions = permissionsOf(file, scope, report);
  checkForm(file, scope, report);
  checkLeaf(file, permissions, report);
  const guard = guardStars([
    OWN_INBOX,
    ...permissions.subscribe.filter((t) => t.slots.length === 0).map((t) => t.subject),
  ]);
  if ("star" in guard) report(["subscribe"], unguarded(guard.star, guard.beside));

  const ttl_s = file.ttl === undefined ? default_ttl_s : seconds(file.ttl);
  if (ttl_s < TTL_MIN_S) report(["ttl"], `must be at least ${TTL_MIN_S}s`);
  const alone = aloneOf(file);

  return {
    name,
    place,
    account: file.account,
    ...permissions,
    ...(typeof file.respond === "object" && {
      responses: {
        max: file.respond.max ?? RESPONSES.max,
        ttl_s: seconds(file.respond.ttl ?? RESPONSES.ttl),
      },
    }),
    connection_types: file.connection_types ? [...file.connection_types].sort() : BOTH_TYPES,
    ...(file.source_networks && { source_networks: networks(file.source_networks, report) }),
    ...(file.times && { times: times(file.times, report) }),
    limits: file.limits ?? {},
    inbox: inboxOf(file, scope, report),
    ttl_s,
    tags: tags(file.tags ?? [], report),
    ...(file.scoped_key !== undefined && { scoped_key: file.scoped_key }),
    ...(alone && { alone }),
  };
}

/** nats-server takes a queue form for nothing where a leaf node connects, which would go unseen. */
function checkLeaf(file: RoleFile, { subscribe }: Permissions, report: Report): void {
  const queued = subscribe.find(({ subject }) => subject.queue !== undefined);
  if (!queued || !file.connection_types?.includes("LEAFNODE")) return;
  const index = (file.subscribe ?? []).findIndex((one) =>
    typeof one === "string" ? one.includes(" ") : one.queue !== undefined,
  );
  const path = index < 0 ? ["connection_types"] : ["subscribe", index];
  const { tokens, queue = [] } = queued.subject;
  const text = `${tokens.join(".")} ${queue.join(".")}`;
  report(path, `${quote(text)} gives a leaf node nothing: name the subject without a queue group`);
}

function inboxOf({ inbox = "private" }: RoleFile, { fence }: FileScope, report: Report): string {
  if (/^_INBOX\.[0-9a-f]{32}(\.|$)/.test(inbox))
    report(["inbox"], "has the form of somebody's private inbox");
  const prefix = inbox === "shared" ? "_INBOX" : inbox;
  if (inbox !== "private" && !inside(fence, { subject: fixed(`${prefix}.>`) }))
    report(["inbox"], "is outside the subjects that the root file gives this file");
  return inbox;
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

function tags(texts: readonly string[], report: Report): Tag[] {
  return texts.flatMap((text, index) => {
    const tag = parseTag(text);
    if (!("fault" in tag)) return [tag];
    report(["tags", index], `${quote(text)} ${tag.fault}`);
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
