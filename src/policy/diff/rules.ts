import type { FileLists, OpenPolicy, WrittenGrant } from "../written.ts";

/** Which rules, roles and admin roles were added, removed and changed, by their names. */
export interface TextDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** What stands differently in the files, each as `rule x`, `role x` or `admin role x`. */
export function textDiff(old: OpenPolicy, now: OpenPolicy): TextDiff {
  const [before, after] = [partsOf(old), partsOf(now)];
  const names = [...before.keys()];
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: names.filter((name) => !after.has(name)),
    changed: names.filter((name) => after.has(name) && after.get(name) !== before.get(name)),
  };
}

function partsOf({ written, policy }: OpenPolicy): ReadonlyMap<string, string> {
  const roles = written.roles.filter(({ inline }) => !inline);
  const part = (name: string, ...said: unknown[]) => [name, JSON.stringify(said)] as const;
  return new Map([
    ...written.rules.map((one) =>
      part(`rule ${one.name}`, one.rule, one.rule.grant && namedIn(one.rule.grant, one)),
    ),
    ...roles.map((one) => part(`role ${one.name}`, one.role, namedIn(one.role, one))),
    ...[...policy.admin_roles].map(([name, role]) => part(`admin role ${name}`, role)),
  ]);
}

/** What the sets and streams hold that a role names: as much its own as what it writes itself. */
function namedIn(role: WrittenGrant, { sets, streams }: FileLists) {
  const lists = [role.publish, role.subscribe, role.deny_publish, role.deny_subscribe];
  const named = lists.flatMap((list) => list ?? []);
  return [
    named.map((entry) => (typeof entry === "string" ? undefined : sets[entry.set])),
    (role.jetstream ?? []).map(({ publish_to }) => streams[publish_to?.stream ?? ""]),
  ];
}
