import { carryConditions } from "./conditions.ts";
import type { OldUser } from "./old.ts";
import type { Refusal } from "./rights.ts";
import { type CarriedSubjects, carrySubjects } from "./subjects.ts";

/** A role as it will stand in a policy, without its account and name. */
export interface Fields extends Omit<CarriedSubjects, "notes" | "allow_reserved"> {
  readonly allow_reserved?: true;
  readonly connection_types?: readonly string[];
  readonly source_networks?: readonly string[];
  readonly times?: {
    readonly location: string;
    readonly ranges: readonly { readonly start: string; readonly end: string }[];
  };
  readonly limits?: { readonly [name: string]: number };
}

/** What one user becomes. */
export interface Carried {
  readonly user: OldUser;
  /** One, but where it connects in ways that no one role has. */
  readonly roles: readonly Fields[];
  /** What is not as before, each a sentence without a full stop. */
  readonly notes: readonly string[];
}

const LIST_LIMIT = 1000;
const LEAF_GROUPS =
  "as a leaf node it hears nothing by its queue forms: a role for leaf nodes is without them";

/** What nobody sees in the JWT. */
const FROM: Readonly<Record<OldUser["from"], readonly string[]>> = {
  jwt: [],
  defaults: ["its JWT says nothing of subjects: these are the default_permissions of its account"],
  template: [
    "its JWT says nothing: this is the template of its scoped signing key, filled in for it. A slot such as {client_id} can stand for what differs from one holder to the next",
  ],
};

/** Takes over what a user may do: never more than before, less only where a note says it. */
export function carry(user: OldUser, location: string | undefined): Carried | Refusal {
  const subjects = carrySubjects(user.rights);
  if ("refused" in subjects) return subjects;
  const conditions = carryConditions(user.rights, location);
  if ("refused" in conditions) return conditions;
  const { notes, allow_reserved, ...permitted } = subjects;
  const { connection_types, notes: more, ...held } = conditions;
  const { publish, subscribe, deny_publish, deny_subscribe, respond } = permitted;
  if (publish.length + subscribe.length === 0 && !respond)
    return { refused: "nothing that it may do, beside an inbox, can be written in a policy" };
  if ([publish, subscribe, deny_publish, deny_subscribe].some(({ length }) => length > LIST_LIMIT))
    return { refused: `it has more than ${LIST_LIMIT} subjects in one list` };
  const roles = connection_types.map((types) => ({
    ...permitted,
    ...(types?.includes("LEAFNODE") && { subscribe: subscribe.filter(isPlain) }),
    ...(allow_reserved && ({ allow_reserved } as const)),
    ...(types && { connection_types: types }),
    ...held,
  }));
  const some = roles.filter((one) => one.publish.length + one.subscribe.length > 0 || one.respond);
  if (some.length === 0) return { refused: LEAF_GROUPS };
  const lost = roles.some((one) => one.subscribe.length < subscribe.length) ? [LEAF_GROUPS] : [];
  const from = FROM[user.from];
  return { user, roles: some, notes: [...new Set([...from, ...notes, ...more, ...lost])] };
}

const isPlain = (text: string) => !text.includes(" ");
