import { createHash } from "node:crypto";
import { parseTag } from "../tag.ts";
import type { Carried, Fields } from "./carry.ts";
import type { OldUser } from "./old.ts";
import { named } from "./said.ts";

/** A role of the new policy, and whose rights it has. */
export interface ImportedRole {
  readonly name: string;
  readonly account: string;
  readonly fields: Fields;
  /** Tags that all of them have and a policy can write. */
  readonly tags: readonly string[];
  readonly users: readonly OldUser[];
  readonly notes: readonly string[];
  /** What stands for whoever it will be: nobody has it by accident, nor can anybody guess it. */
  readonly placeholder: string;
}

interface Group {
  readonly account: string;
  readonly fields: Fields;
  readonly members: Carried[];
}

/** Users of one account with equal rights become one role. */
export function groupUsers(carried: readonly Carried[]): readonly ImportedRole[] {
  const groups = new Map<string, Group>();
  for (const each of carried) {
    const { account } = each.user;
    for (const fields of each.roles) {
      const key = JSON.stringify([account, fields]);
      const group = groups.get(key) ?? { account, fields, members: [] };
      group.members.push(each);
      groups.set(key, group);
    }
  }
  const names = new Set<string>();
  return [...groups.values()].map((group) => roleOf(group, names));
}

function roleOf({ account, fields, members }: Group, names: Set<string>): ImportedRole {
  const users = members.map(({ user }) => user);
  const name = unusedName(nameFor(users, account, fields) + suffixOf(fields, members), names);
  const everybody = (note: string) => members.every(({ notes }) => notes.includes(note));
  const notes = members.flatMap(({ user, notes: own }) =>
    own.map((note) => (everybody(note) ? note : `of ${named(user.name)}: ${note}`)),
  );
  return {
    name,
    account,
    fields,
    tags: commonTags(users),
    users,
    notes: [...new Set(notes)],
    placeholder: placeholderFor(name, users),
  };
}

/**
 * Who knows it has one of the old JWTs, and so these rights already. Somebody who chooses a name at
 * a provider cannot choose this one.
 */
function placeholderFor(name: string, users: readonly OldUser[]): string {
  const hash = createHash("sha256");
  for (const { digest } of users) hash.update(digest);
  return `to do: who is ${name}? ${hash.digest("hex").slice(0, 16)}`;
}

/** Of 64, of which some are for what tells equal names apart. */
const NAME_LIMIT_CHARS = 40;
const COMMON_LEAST_CHARS = 3;

/** Tells the roles of one user apart. */
function suffixOf({ connection_types }: Fields, members: readonly Carried[]): string {
  const loner = connection_types?.find((type) => type === "LEAFNODE" || type === "MQTT");
  const several = members.some(({ roles }) => roles.length > 1);
  return loner !== undefined && several ? `-${loner.toLowerCase()}` : "";
}

/** By what they are called, where that has something in common. */
function nameFor(users: readonly OldUser[], account: string, fields: Fields): string {
  const [first = account, ...others] = users.map(({ name }) => name);
  if (others.length === 0) return plain(first) || "user";
  if (isEverything(fields)) return `everything-in-${plain(account)}`;
  const common = plain(others.reduce(commonStart, first).replace(/[0-9]*$/, ""));
  return common.length >= COMMON_LEAST_CHARS ? common : `${plain(first) || "user"}-and-others`;
}

/** Whether nothing is kept back in one direction at least. */
export const isEverything = ({ publish, subscribe }: Fields): boolean =>
  publish.includes(">") && subscribe.includes(">");

function commonStart(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}

/** What of a text can stand in the name of a role. */
const plain = (text: string): string =>
  text
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+|[-_]+$/g, "")
    .slice(0, NAME_LIMIT_CHARS);

/** `names` keeps what is used up. */
function unusedName(wanted: string, names: Set<string>): string {
  let name = wanted;
  for (let n = 2; names.has(name); n++) name = `${wanted}-${n}`;
  names.add(name);
  return name;
}

function commonTags(users: readonly OldUser[]): readonly string[] {
  const [first, ...others] = users;
  const tags = (first?.tags ?? []).filter((tag) => others.every((one) => one.tags.includes(tag)));
  return [...new Set(tags)].filter(canBeTag);
}

/** Slots are of policies: in an old tag they are text that a policy cannot have. */
export const canBeTag = (tag: string): boolean => !/[{}]/.test(tag) && !("fault" in parseTag(tag));
