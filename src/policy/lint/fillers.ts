import { overlaps } from "../subject.ts";
import { valuesOf } from "./implies.ts";
import {
  claimOfSlot,
  type Linted,
  type LintedRole,
  type LintedRule,
  type Pattern,
} from "./linted.ts";
import { starred } from "./patterns.ts";
import { criterionOf, plainName } from "./vague.ts";

/** A subject with a slot, and who fills it from what. */
export interface Filler {
  readonly pattern: Pattern;
  readonly role: LintedRole;
  readonly rule: LintedRule;
  readonly slot: string;
  /** What the slot is filled from, however that is written. */
  readonly source: string;
}

/** A subject whose place another one fills with something else. */
export interface Clash {
  readonly own: Filler;
  readonly other: Filler;
}

/** Subjects of the same place that one is compared with. */
const COMPARED_LIMIT = 512;

/**
 * Subjects that overlap and begin alike up to a slot, which is not filled by one issuer from one source.
 * A rule that lists what goes into its slot is nobody else's trouble, but others may be its.
 *
 * @param clash what two fillers differ in
 */
export function clashes(
  { rules }: Linted,
  clash: (own: Filler, other: Filler) => boolean,
): readonly Clash[] {
  return [...byPlace(rules.flatMap(fillersOf)).values()].flatMap((fillers) => {
    const open = fillers.filter((filler) => !isListed(filler));
    return fillers.flatMap((own): Clash[] => {
      const subject = starred(own.pattern);
      const other = open
        .slice(0, COMPARED_LIMIT)
        .find((one) => clash(own, one) && overlaps(starred(one.pattern), subject));
      return other ? [{ own, other }] : [];
    });
  });
}

function fillersOf(rule: LintedRule): Filler[] {
  return rule.roles.flatMap((role) =>
    role.patterns.flatMap((pattern): Filler[] => {
      const slot = pattern.slots[0]?.text;
      if (slot === undefined || slot === "{@identity}") return [];
      return [{ pattern, role, rule, slot, source: sourceOf(slot, rule) }];
    }),
  );
}

/** `{sub}` is `{@subject}` where the provider's subject is that claim; an escaped value is another one. */
function sourceOf(slot: string, { preset }: LintedRule): string {
  const claim = claimOfSlot(slot);
  if (claim === undefined) return slot;
  const escapes = slot.endsWith(":escape}") ? ":escape" : "";
  const name = plainName(claim);
  if (preset.kinds.every(({ subject }) => subject === name)) return `{@subject${escapes}}`;
  return `{${preset.client.includes(name) ? "@client" : name}${escapes}}`;
}

/** By account and by what stands up to the slot; of those that look the same from outside, one. */
function byPlace(fillers: readonly Filler[]): ReadonlyMap<string, readonly Filler[]> {
  const places = new Map<string, Map<string, Filler>>();
  for (const filler of fillers) {
    const { role, pattern, rule, source } = filler;
    const { tokens } = pattern.subject;
    const place = [role.role.account, ...tokens.slice(0, tokens.indexOf("{}"))].join(" ");
    const known = places.get(place) ?? new Map<string, Filler>();
    places.set(place, known);
    const key = [rule.issuer.name, source, isListed(filler), role.name, ...tokens].join(" ");
    if (!known.has(key)) known.set(key, filler);
  }
  return new Map([...places].map(([place, known]) => [place, fewest([...known.values()])]));
}

/** Where one issuer fills a place from one source, as mostly, there is nothing to compare. */
function fewest(fillers: readonly Filler[]): readonly Filler[] {
  const who = new Set(fillers.map(({ rule, source }) => `${rule.issuer.name} ${source}`));
  return who.size > 1 ? fillers : [];
}

function isListed({ slot, rule: { rule } }: Filler): boolean {
  const claim = claimOfSlot(slot);
  if (claim !== undefined) {
    const criterion = criterionOf(rule, plainName(claim));
    return criterion !== undefined && valuesOf(criterion) !== undefined;
  }
  return (slot.startsWith("{@client") ? rule.client : rule.subject) !== undefined;
}
