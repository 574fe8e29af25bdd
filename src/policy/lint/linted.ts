import type { Fault } from "../../config/index.ts";
import { type ClaimsIssuer, PRESETS, type Preset } from "../../identity/index.ts";
import type { Grant } from "../decision.ts";
import { sharing } from "../index-rules.ts";
import { intended } from "../intents.ts";
import type { Role, Rule } from "../policy.ts";
import { parseTemplate, type Template } from "../slot.ts";
import type { Direction } from "../subject.ts";
import type {
  OpenPolicy,
  WrittenInclude,
  WrittenName,
  WrittenRole,
  WrittenRule,
} from "../written.ts";

/** A subject of a role, with the means to point at where it comes from. */
export interface Pattern extends Template {
  readonly text: string;
  readonly direction: Direction;
  /** Whether an intent compiles to it, being made for it: nobody wrote it, and it needs no opt-in. */
  readonly compiled: boolean;
  at(message: string): Fault;
}

/** A role, as written and as compiled. */
export interface LintedRole extends WrittenRole {
  /** Absent where no rule gives it. */
  readonly compiled?: Role;
  /** What it permits, that of its intents included. */
  readonly patterns: readonly Pattern[];
  /** What it takes out. */
  readonly denies: readonly Pattern[];
}

/** A rule, as written and as compiled, with its roles and what is known of its issuer. */
export interface LintedRule extends WrittenRule {
  readonly compiled: Rule;
  readonly issuer: ClaimsIssuer;
  readonly preset: Preset;
  readonly roles: readonly LintedRole[];
}

/** A policy as the rules of lint look at it. */
export interface Linted {
  readonly rules: readonly LintedRule[];
  readonly roles: readonly LintedRole[];
  readonly names: readonly WrittenName[];
  readonly includes: readonly WrittenInclude[];
  readonly max_ttl_s: number;
  readonly measure: Measure;
  /** The rules that give a role, in their order. */
  holding(role: LintedRole): readonly LintedRule[];
  /** Every rule that could match whenever this one does; what it asks is to be compared. */
  likelyWider(rule: LintedRule): Iterable<LintedRule>;
}

/** How large the JWT of a grant would be. The room that knows it comes later in the line. */
export interface Measure {
  readonly limit_bytes: number;
  bytes(grant: Grant): number;
}

/** Puts what was written beside what was compiled of it. */
export function lintedOf(
  { policy, written, context }: OpenPolicy,
  issuers: readonly ClaimsIssuer[],
  measure: Measure,
): Linted {
  const compiled = [...policy.issuers.values()].flatMap(({ rules }) => rules);
  const ruleNamed = new Map(compiled.map((rule) => [rule.name, rule]));
  const known = new Map(compiled.flatMap((rule) => rule.roles.map((role) => [role.name, role])));
  const roles = written.roles.map((role) => {
    const own = known.get(role.name);
    return {
      ...role,
      ...(own && { compiled: own }),
      patterns: permitted(role),
      denies: denied(role),
    };
  });
  const roleNamed = new Map(roles.map((role) => [role.name, role]));
  const rules = written.rules.flatMap((each) => {
    const rule = ruleNamed.get(each.name);
    const issuer = issuers.find(({ name }) => name === each.rule.issuer);
    if (!rule || !issuer) return [];
    const held = rule.roles.flatMap(({ name }) => roleNamed.get(name) ?? []);
    return [{ ...each, compiled: rule, issuer, preset: PRESETS[issuer.preset], roles: held }];
  });
  const { names, includes } = written;
  const lintedNamed = new Map(rules.map((each) => [each.name, each]));
  return {
    ...{ rules, roles, names, includes, max_ttl_s: context.max_ttl_s, measure },
    holding: holdersIn(rules),
    *likelyWider({ compiled: { issuer, keys } }) {
      const index = policy.issuers.get(issuer)?.index;
      for (const { name } of index ? sharing(index, keys) : []) {
        const other = lintedNamed.get(name);
        if (other) yield other;
      }
    },
  };
}

/** The rules that give each role. */
function holdersIn(rules: readonly LintedRule[]): Linted["holding"] {
  const holders = new Map<LintedRole, LintedRule[]>();
  for (const rule of rules) {
    for (const role of rule.roles) {
      const own = holders.get(role) ?? [];
      holders.set(role, own);
      own.push(rule);
    }
  }
  return (role) => holders.get(role) ?? [];
}

function permitted(written: WrittenRole): Pattern[] {
  const { role, streams, at } = written;
  const scope = { streams: new Map(Object.entries(streams)) };
  const intents = intended(role, scope, () => {}).flatMap(({ direction, text, path, open }) =>
    patternOf(text, direction, { compiled: open, at: (message) => at(path, message) }),
  );
  return [...listed(written, "publish"), ...listed(written, "subscribe"), ...intents];
}

const denied = (written: WrittenRole) => [
  ...listed(written, "deny_publish"),
  ...listed(written, "deny_subscribe"),
];

type List = Direction | "deny_publish" | "deny_subscribe";

function listed({ role, sets, at }: WrittenRole, list: List): Pattern[] {
  const direction = list.endsWith("publish") ? "publish" : "subscribe";
  return (role[list] ?? []).flatMap((entry, i) =>
    textsOf(entry, sets).flatMap((text) =>
      patternOf(text, direction, { compiled: false, at: (message) => at([list, i], message) }),
    ),
  );
}

function patternOf(
  text: string,
  direction: Direction,
  from: Pick<Pattern, "compiled" | "at">,
): Pattern[] {
  const template = parseTemplate(text, direction);
  return "fault" in template ? [] : [{ ...template, text, direction, ...from }];
}

type Entry = NonNullable<WrittenRole["role"]["publish"]>[number];

/** A subject, or those of a set. */
function textsOf(entry: Entry, sets: WrittenRole["sets"]): readonly string[] {
  if (typeof entry === "string") return [entry];
  const queue = entry.queue === undefined ? "" : ` ${entry.queue}`;
  return (sets[entry.set] ?? []).map((text) => text + queue);
}

/** The claim that fills a slot, by its name; undefined where it is no claim. */
export function claimOfSlot(text: string): string | undefined {
  const name = text
    .slice(1, -1)
    .replace(/^each /, "")
    .replace(/:escape$/, "");
  return name.startsWith("@") ? undefined : name;
}
