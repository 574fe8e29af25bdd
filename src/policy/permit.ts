import type { Chosen, Refusal } from "./choose.ts";
import type { Grant, Narrowing } from "./decision.ts";
import { NARROWING_LIMIT, narrow } from "./narrow.ts";
import type { Responses, Role } from "./policy.ts";
import { fill, type Template, type Values } from "./slot.ts";
import { guardStars } from "./star.ts";
import { covers, type Direction, type Subject, unite } from "./subject.ts";

type Permissions = Pick<
  Grant,
  "publish" | "subscribe" | "deny_publish" | "deny_subscribe" | "responses"
>;

/** Subjects of all roles of a caller in one direction, before anything is asked. */
const FILLED_LIMIT = 4_000;

/** As what an answer to any subject counts when a request narrows. */
const EVERYTHING = ">";

/**
 * The subjects of the roles, narrowed by the request. The inbox that the caller is told to use is
 * always among them. Denies of any role hold for all, and always stay.
 *
 * @param inbox the prefix of the private inbox, and that of the one that the caller is told to use
 */
export function permit(
  roles: Chosen,
  values: Values,
  inbox: { readonly own: string; readonly told: string },
  request: Narrowing,
): Permissions | Refusal {
  for (const direction of ["publish", "subscribe"] as const) {
    if ((request[direction]?.length ?? 0) > NARROWING_LIMIT) {
      return { code: "permissions_too_large", detail: { direction } };
    }
    // Arrays of claims make many of one: more than any request could choose from are not even sorted.
    if (countOf(roles, direction, values) > FILLED_LIMIT)
      return { code: "permissions_too_large", detail: { direction } };
    // What a scoped key permits is not known here, and so cannot be made less.
    if (request[direction] && roles[0].scoped_key !== undefined) return notGranted(direction, 0);
  }
  if (roles[0].scoped_key !== undefined) return { publish: [], subscribe: [] };

  const publish = publishing(roles, values, request.publish);
  if ("code" in publish) return publish;
  const subscribe = subscribing(roles, values, inbox, request.subscribe);
  return "code" in subscribe ? subscribe : { ...publish, ...subscribe };
}

function publishing(
  roles: Chosen,
  values: Values,
  wanted: readonly string[] | undefined,
): Pick<Permissions, "publish" | "deny_publish" | "responses"> | Refusal {
  const granted = unite(filled(roles, "publish", values));
  const responses = leastResponses(roles);
  const named = wanted?.includes(EVERYTHING) ?? false;
  // Named to keep the answers, `>` does not become a subject to publish to.
  const publish = narrow(granted, wanted, "publish", responses && EVERYTHING);
  if ("uncovered" in publish) return notGranted("publish", publish.uncovered);
  const deny = textsOf(unite(filled(roles, "deny_publish", values)));
  return {
    publish: textsOf(publish),
    ...(deny.length > 0 && { deny_publish: deny }),
    ...(responses && (wanted === undefined || named) && { responses }),
  };
}

function subscribing(
  roles: Chosen,
  values: Values,
  inbox: { readonly own: string; readonly told: string },
  asked: readonly string[] | undefined,
): Pick<Permissions, "subscribe" | "deny_subscribe"> | Refusal {
  const inboxes = roles.map((role) => below(inboxPrefix(role, inbox.own)));
  const granted = unite([...filled(roles, "subscribe", values), ...inboxes]);
  const wanted = narrow(granted, asked, "subscribe");
  if ("uncovered" in wanted) return notGranted("subscribe", wanted.uncovered);

  const kept = below(inbox.told);
  const subscribe = asked
    ? unite([kept, ...wanted.filter((subject) => !covers(kept, subject))])
    : wanted;
  const guard = guardStars(subscribe);
  if ("star" in guard) return { code: "roles_conflict", detail: { field: "subscribe" } };
  const denied = textsOf(unite(filled(roles, "deny_subscribe", values)));
  const deny = [...new Set([...guard.deny, ...denied])].sort();
  return {
    subscribe: textsOf(subscribe),
    ...(deny.length > 0 && { deny_subscribe: deny }),
  };
}

/** Answers that every role with them would permit, so that none is held under weaker bounds. */
function leastResponses(roles: Chosen): Responses | undefined {
  const all = roles.flatMap(({ responses }) => responses ?? []);
  if (all.length === 0) return undefined;
  return {
    max: Math.min(...all.map(({ max }) => max)),
    ttl_s: Math.min(...all.map(({ ttl_s }) => ttl_s)),
  };
}

/** The prefix of a role's inbox, `own` where it is private. */
export function inboxPrefix({ inbox }: Role, own: string): string {
  if (inbox === "private") return own;
  return inbox === "shared" ? "_INBOX" : inbox;
}

function countOf(roles: Chosen, direction: Direction, values: Values): number {
  const one = ({ slots }: Template) =>
    Math.max(1, ...slots.map((slot) => values.get(slot.text)?.length ?? 0));
  return roles.flatMap((role) => role[direction].map(one)).reduce((sum, n) => sum + n, 0);
}

/** Every value is there: a rule with a slot that nothing fills has missed. */
function filled(
  roles: Chosen,
  field: Direction | "deny_publish" | "deny_subscribe",
  values: Values,
): readonly Subject[] {
  return roles.flatMap((role) => role[field].flatMap((template) => fill(template, values)));
}

function below(prefix: string): Subject {
  const text = `${prefix}.>`;
  return { text, tokens: text.split(".") };
}

const notGranted = (direction: Direction, index: number): Refusal => ({
  code: "permission_not_granted",
  detail: { direction, index },
});

const textsOf = (subjects: readonly Subject[]) => subjects.map(({ text }) => text);
