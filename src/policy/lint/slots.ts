import type { Fault } from "../../config/index.ts";
import type { RuleFile } from "../schema.ts";
import { covers } from "../subject.ts";
import type { WrittenCriterion } from "../written.ts";
import { valuesOf } from "./implies.ts";
import { claimOfSlot, type LintedRole, type LintedRule, type Pattern } from "./linted.ts";
import { onePlaceOnce, starred } from "./patterns.ts";
import { namedAt, type Place, placesOf } from "./places.ts";
import { type LintRule, quote } from "./rule.ts";

/** What a slot reaches when its value is a word that means something else there. */
export const SLOTS: readonly LintRule[] = [
  {
    id: "slot-beside-name",
    summary: "A slot in a place where other subjects have a fixed name",
    avoid: `roles:
  tenant: { account: ORDERS, publish: ["orders.{tenant}.>"] }
  billing: { account: ORDERS, subscribe: [orders.billing.>] }
rules:
  - { name: tenants, issuer: corp, scopes: [orders.use], roles: [tenant] }
  - { name: billing, issuer: corp, client: billing, roles: [billing] }`,
    prefer: `roles:
  tenant: { account: ORDERS, publish: ["orders.tenants.{tenant}.>"] }
  billing: { account: ORDERS, subscribe: [orders.billing.>] }
rules:
  - { name: tenants, issuer: corp, scopes: [orders.use], roles: [tenant] }
  - { name: billing, issuer: corp, client: billing, roles: [billing] }`,
    rationale:
      "A tenant that is called like the fixed name reaches what was not meant for any tenant. Put the slot under a prefix of its own, or list the values in the rule.",
    check({ rules, roles }) {
      const places = placesOf(roles);
      return onePlaceOnce(
        rules.flatMap((rule) =>
          rule.roles.flatMap((role) => besideNames(rule, role, places.get(role.role.account))),
        ),
      );
    },
  },
];

function besideNames(rule: LintedRule, role: LintedRole, others: Place | undefined): Fault[] {
  return role.patterns.flatMap((own) => {
    const place = own.subject.tokens.indexOf("{}");
    const slot = own.slots[0]?.text;
    if (slot === undefined || slot === "{@identity}" || !others) return [];
    const named = namedAt(others, starred(own).tokens, place, listedIn(slot, rule));
    const met = firstOf(named, (other) => !isHeld(own, other, role));
    if (!met) return [];
    const name = quote(met.subject.tokens[place] ?? "");
    return [
      own.at(
        `${slot} can be ${name}, and so reaches ${quote(met.text)}: put the slot under a prefix of its own, or list its values in the rule`,
      ),
    ];
  });
}

function firstOf<T>(all: Iterable<T>, fits: (one: T) => boolean): T | undefined {
  for (const one of all) if (fits(one)) return one;
  return undefined;
}

/** Whether the role permits that, in the same direction, whatever fills its slots. */
const isHeld = (own: Pattern, other: Pattern, role: LintedRole) =>
  role.patterns.some(
    ({ direction, subject, slots }) =>
      direction === own.direction && slots.length === 0 && covers(subject, starred(other)),
  );

/** The values that a rule lets into the slot, where it lists them. */
function listedIn(slot: string, { rule }: LintedRule): readonly unknown[] | undefined {
  const claim = claimOfSlot(slot);
  return claim === undefined ? whoIn(slot, rule) : claimIn(rule.claims?.[claim]);
}

const claimIn = (criterion: WrittenCriterion | undefined) =>
  criterion === undefined ? undefined : valuesOf(criterion);

function whoIn(slot: string, { client, subject }: RuleFile): readonly unknown[] | undefined {
  const said = slot.startsWith("{@client") ? client : subject;
  return said === undefined ? undefined : [said].flat();
}
