import { type Fault, seconds } from "../../config/index.ts";
import { combine } from "../combine.ts";
import type { Grant } from "../decision.ts";
import { permit } from "../permit.ts";
import type { Role, Rule } from "../policy.ts";
import type { Linted, LintedRule } from "./linted.ts";
import { type LintRule, quote } from "./rule.ts";

/** What does not fit, or is cut. */
export const LIMITS: readonly LintRule[] = [
  {
    id: "size-near-limit",
    summary: "A rule whose credential is nearly too large",
    avoid: `rules:
  - name: everything
    issuer: corp
    client: gateway
    grant:
      account: ORDERS
      publish: [${Array.from({ length: 60 }, (_, i) => `orders.region-${10 + i}.created.v1`).join(", ")}]`,
    prefer: `rules:
  - name: everything
    issuer: corp
    client: gateway
    grant: { account: ORDERS, publish: [orders.*.created.v1] }`,
    rationale:
      "A client sends the whole JWT in one line, of which servers read 4,096 bytes unless they are told otherwise. A credential over the limit is refused with permissions_too_large, and roles of several rules add up. Measured is each rule by itself, with 36 characters in each slot and ten members in each array; said is from four fifths of the limit on.",
    check: (policy) => policy.rules.flatMap((rule) => tooLarge(rule, policy)),
  },
  {
    id: "ttl-cut",
    summary: "A lifetime above the configuration's max_ttl",
    avoid: `rules:
  - { name: workers, issuer: corp, client: worker, grant: { account: ORDERS, publish: [a], ttl: 7d } }`,
    prefer: `rules:
  - { name: workers, issuer: corp, client: worker, grant: { account: ORDERS, publish: [a], ttl: 1h } }`,
    rationale:
      "A longer lifetime is cut to max_ttl without a word, so the policy does not say what is given. Without a configuration, max_ttl is taken to be 1h.",
    check: ({ roles, max_ttl_s }) =>
      roles
        .filter(({ role }) => role.ttl !== undefined && seconds(role.ttl) > max_ttl_s)
        .map(({ role, at }) =>
          at(["ttl"], `${role.ttl} is cut to max_ttl, ${max_ttl_s}s: write what is given`),
        ),
  },
];

/** As long as a UUID. */
const SLOT_CHARACTERS = 36;
/** A share of the limit. */
const NEAR = 0.8;

/** Members of an array that fills a slot with each. */
const EACH_MEMBERS = 10;
const OWN_INBOX = `_INBOX.${"0".repeat(32)}`;

function tooLarge({ compiled, at, roles }: LintedRule, { measure }: Linted): Fault[] {
  return [...new Set(compiled.roles.map(({ account }) => account))].flatMap((account) => {
    const held = compiled.roles.filter((role) => role.account === account);
    const grant = largest(account, held, compiled);
    if (!grant) return []; // refused for another reason
    const bytes = measure.bytes(grant);
    if (bytes < NEAR * measure.limit_bytes) return [];
    const inAccount = compiled.roles.length > held.length ? ` in account ${quote(account)}` : "";
    const message = `a credential${inAccount} has about ${bytes} of at most ${measure.limit_bytes} bytes: use wildcards, or split the ${roles.length > 1 ? "rule" : "role"}`;
    return [at(roles.some(({ inline }) => inline) ? ["grant"] : ["roles"], message)];
  });
}

/** What a rule gives in one account, with everything filled in as long as it mostly becomes. */
function largest(account: string, held: readonly Role[], { slots }: Rule): Grant | undefined {
  const [first, ...more] = held;
  if (!first) return undefined;
  const conditions = combine(held, OWN_INBOX);
  if ("conflict" in conditions) return undefined;
  const values = new Map(slots.map((slot) => [slot.text, longValues(slot.each)]));
  const { inbox_prefix } = conditions;
  const permissions = permit([first, ...more], values, { own: OWN_INBOX, told: inbox_prefix }, {});
  if ("code" in permissions) return undefined;
  const tags = held.flatMap((role) => role.tags.map(longTag));
  return {
    ...{ account, roles: held.map(({ name }) => name), ...permissions, ...conditions },
    ...(tags.length > 0 && { tags }),
    expires_at: 2_000_000_000,
  };
}

const longValues = (each: boolean) =>
  Array.from({ length: each ? EACH_MEMBERS : 1 }, (_, i) => `${i}`.padEnd(SLOT_CHARACTERS, "x"));

const longTag = ({ key, value }: Role["tags"][number]) =>
  `${key}:${typeof value === "string" ? value : "x".repeat(SLOT_CHARACTERS)}`;
