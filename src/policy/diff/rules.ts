import type { OpenPolicy } from "../written.ts";

/** Which rules and roles were added, removed and changed, by their names. */
export interface TextDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** What stands differently in the files: rules and roles, each as `rule x` or `role x`. */
export function textDiff(old: OpenPolicy, now: OpenPolicy): TextDiff {
  const [before, after] = [partsOf(old), partsOf(now)];
  const names = [...before.keys()];
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: names.filter((name) => !after.has(name)),
    changed: names.filter((name) => after.has(name) && after.get(name) !== before.get(name)),
  };
}

function partsOf({ written }: OpenPolicy): ReadonlyMap<string, string> {
  return new Map([
    ...written.rules.map(({ name, rule }) => [`rule ${name}`, JSON.stringify(rule)] as const),
    ...written.roles
      .filter(({ inline }) => !inline)
      .map(({ name, role, sets }) => {
        const text = JSON.stringify(role);
        return [
          `role ${name}`,
          text.includes('"set":') ? text + JSON.stringify(sets) : text,
        ] as const;
      }),
  ]);
}
