import { covers, overlaps } from "../subject.ts";
import type { LintedRole, LintedRule, Pattern } from "./linted.ts";
import { onePlaceOnce, starred } from "./patterns.ts";
import { type LintRule, quote } from "./rule.ts";

/** What is better than any deny. */
const LISTED = `roles:
  reader: { account: ORDERS, subscribe: [orders.new, orders.done.>] }
rules:
  - { name: readers, issuer: corp, scopes: [orders.read], roles: [reader] }`;

/** Subjects that are taken out again. */
export const DENIES: readonly LintRule[] = [
  {
    id: "deny-list",
    summary: "A role that permits a wildcard and takes some of it out",
    avoid: `roles:
  reader: { account: ORDERS, subscribe: [orders.>], deny_subscribe: [orders.cards.>] }
rules:
  - { name: readers, issuer: corp, scopes: [orders.read], roles: [reader] }`,
    prefer: LISTED,
    rationale:
      "A deny names what somebody thought of: the next subject below the wildcard is permitted until somebody thinks of it, too. And the denies of one role hold for every role that a caller has in the account. List what is permitted; where that cannot be, say why.",
    check: ({ roles, holding }) =>
      onePlaceOnce(
        roles.flatMap((role) =>
          role.denies.flatMap((deny) => {
            const from = metBy(deny, role, holding(role));
            if (from.length === 0) return []; // an idle one is told as such
            return [
              deny.at(
                `${quote(deny.text)} is taken out of ${quote(from[0]?.text ?? "")}, of which all that nobody thought of stays: list what is permitted instead`,
              ),
            ];
          }),
        ),
      ),
  },
  {
    id: "deny-idle",
    summary: "A deny that takes nothing out, or everything",
    avoid: `roles:
  reader: { account: ORDERS, subscribe: [orders.>], deny_subscribe: [order.cards.>] }
rules:
  - { name: readers, issuer: corp, scopes: [orders.read], roles: [reader] }`,
    prefer: LISTED,
    rationale:
      "A deny that meets no subject of the role, nor of a role that is held beside it, protects nothing: mostly it is misspelt, or in the wrong direction. One that covers a whole permission leaves nothing of that, and whoever reads the role believes otherwise.",
    check: ({ roles, holding }) =>
      roles.flatMap((role) =>
        role.denies.flatMap((deny) => {
          if (metBy(deny, role, holding(role)).length === 0)
            return [
              deny.at(
                `${quote(deny.text)} meets nothing that is permitted: correct it, or remove it`,
              ),
            ];
          const gone = role.patterns.find(
            (own) => own.direction === deny.direction && covers(deny.subject, starred(own)),
          );
          if (!gone) return [];
          return [
            deny.at(
              `${quote(deny.text)} leaves nothing of ${quote(gone.text)}: remove that, or narrow this`,
            ),
          ];
        }),
      ),
  },
];

/** What a deny takes something out of: in its role, and in those that its rules give beside it. */
function metBy(deny: Pattern, role: LintedRole, rules: readonly LintedRule[]): readonly Pattern[] {
  const beside = rules.flatMap(({ roles }) =>
    roles.filter((other) => other.role.account === role.role.account),
  );
  return [...new Set([role, ...beside])]
    .flatMap(({ patterns }) => patterns)
    .filter((own) => own.direction === deny.direction && overlaps(starred(own), starred(deny)));
}
