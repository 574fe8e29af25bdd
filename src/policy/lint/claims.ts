import type { Fault } from "../../config/index.ts";
import { parseTag } from "../tag.ts";
import type { WrittenCriterion } from "../written.ts";
import { isKind } from "./implies.ts";
import { claimOfSlot, type LintedRole, type LintedRule } from "./linted.ts";
import { onePlaceOnce } from "./patterns.ts";
import { quote } from "./rule.ts";
import { plainName } from "./vague.ts";

/** Claims that people choose or change, at whichever provider. */
const CHOSEN: Readonly<Record<string, string>> = {
  name: "people choose it",
  nickname: "people choose it",
  given_name: "people choose it",
  family_name: "people choose it",
  preferred_username: "it can change and be taken anew",
  username: "it can be taken anew",
  email: "people change it and providers give it away again",
  upn: "it can change hands",
};

/** Slots of a rule's roles that such a claim fills, in subjects and in tags. */
export function unreliableSlots(each: LintedRule): Fault[] {
  const reasonOf = (slot: string) => {
    const claim = claimOfSlot(slot);
    return claim === undefined ? undefined : whyNot(claim, each);
  };
  const reaches = `lets ${quote(each.name)} reach the subjects of others`;
  const found = each.roles.flatMap((role) => {
    const inSubjects = [...role.patterns, ...role.denies].flatMap(({ slots, at }) =>
      slots.flatMap(({ text }) => {
        const why = reasonOf(text);
        return why === undefined ? [] : [at(`${text} ${reaches}: ${why}`)];
      }),
    );
    // A scoped signing key puts tags into subjects; elsewhere they are read by people and programs.
    const does = role.role.scoped_key === undefined ? "tags whatever the caller likes" : reaches;
    const inTags = tagSlots(role).flatMap(({ slot, at }) => {
      const why = reasonOf(slot);
      return why === undefined ? [] : [at(`${slot} ${does}: ${why}`)];
    });
    return [...inSubjects, ...inTags];
  });
  return onePlaceOnce(found);
}

/** The slots of a role's tags. */
export function tagSlots({ role, at }: Pick<LintedRole, "role" | "at">) {
  return (role.tags ?? []).flatMap((text, i) => {
    const tag = parseTag(text);
    if ("fault" in tag || typeof tag.value === "string") return [];
    return [{ slot: tag.value.text, at: (message: string) => at(["tags", i], message) }];
  });
}

/** Why a claim does not name anybody for good; undefined if it does. */
export function whyNot(name: string, { rule, preset, issuer }: LintedRule): string | undefined {
  const claim = plainName(name);
  const criterion = rule.claims?.[name];
  if (criterion !== undefined && isKind(criterion, "domain")) return undefined;
  // Where the provider's subject is another claim, `subject` of a rule is that one.
  if (claim === "sub" && rule.subject !== undefined && rule.claims?.["sub"] === undefined) {
    if (!preset.kinds.some(({ subject }) => subject === "sub")) return undefined;
  }
  if (issuer.preset === "entra" && claim === "groups" && areIds(criterion)) return undefined;
  const known = Object.hasOwn(preset.page.avoid, claim) ? preset.page.avoid[claim] : undefined;
  return known ?? (Object.hasOwn(CHOSEN, claim) ? `${CHOSEN[claim]}: match subject` : undefined);
}

/** Whether a criterion lists nothing but UUIDs. */
function areIds(criterion: WrittenCriterion | undefined): boolean {
  const values = typeof criterion === "object" ? Object.values(criterion).flat() : [criterion];
  return values.every((value) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(`${value}`));
}
