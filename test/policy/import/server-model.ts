import type { Permissions } from "../../../src/policy/import/rights.ts";

/**
 * What nats-server 2.15 makes of the permissions in a user JWT, by brute force: written down from how
 * it behaves, and compared with a real one in a test beside this. Nothing here is shared with the
 * code that it judges.
 */
export function publishes({ pub, resp }: Permissions, literal: string): boolean {
  const { allow, deny = [] } = pub ?? {};
  const some = (allow?.length ?? 0) > 0 || deny.length > 0;
  const limited = (some && allow !== undefined) || resp !== undefined;
  const allowed = !limited || (allow ?? []).some((one) => finds(one, literal));
  return allowed && !deny.some((one) => finds(one, literal));
}

/** Whether a client may subscribe to this pattern, in a queue group or by itself. */
export function subscribes({ sub }: Permissions, pattern: string, queue = ""): boolean {
  const { allow = [], deny = [] } = sub ?? {};
  const permitted = allow.length === 0 || inList(allow, pattern, queue, queue === "");
  if (!permitted) return false;
  const denied = deny.filter((one) => finds(subjectOf(one), pattern));
  if (denied.some((one) => !one.includes(" "))) return false;
  return queue === "" || !denied.some((one) => inGroup(one, queue));
}

/** Whether a client that is subscribed to a pattern gets what is published on a subject. */
export function hears(rights: Permissions, pattern: string, queue: string, literal: string) {
  const denied = (rights.sub?.deny ?? []).some(
    (one) => finds(subjectOf(one), literal) && (!one.includes(" ") || inGroup(one, queue)),
  );
  return subscribes(rights, pattern, queue) && finds(pattern, literal) && !denied;
}

function inList(list: readonly string[], pattern: string, queue: string, plain: boolean): boolean {
  const found = list.filter((one) => finds(subjectOf(one), pattern));
  const groups = found.filter((one) => one.includes(" "));
  if (!plain && groups.length > 0) return groups.some((one) => inGroup(one, queue));
  return found.some((one) => !one.includes(" "));
}

const subjectOf = (text: string) => text.split(" ")[0] ?? "";

const inGroup = (text: string, queue: string) => {
  const group = text.split(" ")[1] ?? "";
  return group === queue || finds(group, queue);
};

/** As its tree of subjects finds a subject, whose own wildcards are letters to it. */
function finds(pattern: string, subject: string): boolean {
  const [wanted, given] = [pattern.split("."), subject.split(".")];
  if (wanted.slice(0, -1).includes(">")) return false; // passed over
  for (const [i, token] of wanted.entries()) {
    if (given[i] === undefined) return false;
    if (token === ">") return true;
    if (token !== "*" && token !== given[i]) return false;
  }
  return wanted.length === given.length;
}
