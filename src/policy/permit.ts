import type { Chosen, Refusal } from "./choose.ts";
import type { Grant, Narrowing } from "./decision.ts";
import { NARROWING_LIMIT, narrow } from "./narrow.ts";
import type { Role } from "./policy.ts";
import { fill, type Template } from "./slot.ts";
import { guardStars } from "./star.ts";
import { covers, type Direction, type Subject, unite } from "./subject.ts";

type Permissions = Pick<Grant, "publish" | "subscribe" | "deny_subscribe">;

/**
 * The subjects of the roles, narrowed by the request. The inbox that the caller is told to use is
 * always among them.
 *
 * @param values the tokens that fill slots, by the text of the slot
 * @param inbox the prefix of the private inbox, and that of the one that the caller is told to use
 */
export function permit(
  roles: Chosen,
  values: ReadonlyMap<string, string>,
  inbox: { readonly own: string; readonly told: string },
  request: Narrowing,
): Permissions | Refusal {
  const granted_publish = unite(filled(roles, "publish", values));
  const inboxes = roles.map((role) => below(inboxPrefix(role, inbox.own)));
  const granted_subscribe = unite([...filled(roles, "subscribe", values), ...inboxes]);
  for (const direction of ["publish", "subscribe"] as const) {
    if ((request[direction]?.length ?? 0) > NARROWING_LIMIT) {
      return { code: "permissions_too_large", detail: { direction } };
    }
  }
  const publish = narrow(granted_publish, request.publish, "publish");
  if ("uncovered" in publish) return notGranted("publish", publish.uncovered);
  const wanted = narrow(granted_subscribe, request.subscribe, "subscribe");
  if ("uncovered" in wanted) return notGranted("subscribe", wanted.uncovered);

  const kept = below(inbox.told);
  const subscribe = request.subscribe
    ? unite([kept, ...wanted.filter((subject) => !covers(kept, subject))])
    : wanted;
  const guard = guardStars(subscribe);
  if ("star" in guard) return { code: "roles_conflict", detail: { field: "subscribe" } };
  return {
    publish: textsOf(publish),
    subscribe: textsOf(subscribe),
    ...(guard.deny.length > 0 && { deny_subscribe: guard.deny }),
  };
}

/** The prefix of a role's inbox, `own` where it is private. */
export function inboxPrefix({ inbox }: Role, own: string): string {
  if (inbox === "private") return own;
  return inbox === "shared" ? "_INBOX" : inbox;
}

/** Every value is there: a rule with a slot that nothing fills has missed. */
function filled(roles: Chosen, direction: Direction, values: ReadonlyMap<string, string>) {
  const subjectOf = (template: Template) => fill(template, values) ?? [];
  return roles.flatMap((role) => role[direction].flatMap(subjectOf));
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
