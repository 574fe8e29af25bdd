import type { Trace } from "../decision.ts";
import { implies } from "../lint/implies.ts";
import type { Policy, Rule } from "../policy.ts";
import type { RuleFile } from "../schema.ts";
import type { OpenPolicy } from "../written.ts";
import { type Change, type Changes, compareRights } from "./compare.ts";
import { opaque, rightsOf } from "./rights.ts";

/** Somebody in a journal: what it keeps of an identity, and how it was decided last. */
export interface Journaled {
  readonly issuer: string;
  readonly kind: string;
  readonly subject: string;
  readonly digest: string;
  /** Digest of the policy that decided. */
  readonly policy?: string;
  readonly trace?: Trace;
}

/** What a change of the policy means for somebody of whom the claims are not known. */
export interface JournaledDiff {
  /** What is certain. */
  readonly sure: Changes;
  /** What depends on claims, which a journal does not keep. */
  readonly unsure: Changes;
  /** Whether the old policy decided about this identity, so that its trace tells what matched. */
  readonly traced: boolean;
}

/** Whether somebody matches a rule: yes, no, or undefined where the journal does not tell. */
type Told = boolean | undefined;

/** A rule of one policy, as written and as compiled. */
interface Both {
  readonly written: RuleFile;
  readonly compiled: Rule;
  readonly told: Told;
}

/**
 * Makes the comparison of what two policies give to somebody in a journal. Issuer, kind and subject
 * are kept, and which rules of the old policy matched; the claims are not. So a rule of the new policy
 * is decided by those, or by an old rule that is as wide or as narrow; where neither tells, the change
 * is unsure. Slots stand for themselves.
 */
export function diffJournaled(old: OpenPolicy, now: OpenPolicy): (who: Journaled) => JournaledDiff {
  const [before, after] = [bothOf(old), bothOf(now)];
  return (who) => diffOf(old.policy, now.policy, toldOf(old.policy, before, after, who));
}

/** What the journal tells of every rule of both policies. */
interface Tale {
  readonly before: readonly Both[];
  readonly after: readonly Both[];
  readonly traced: boolean;
}

type Rules = readonly Omit<Both, "told">[];

function toldOf(old: Policy, old_rules: Rules, new_rules: Rules, who: Journaled): Tale {
  const traced = who.policy === old.digest && who.trace !== undefined;
  const trace = traced ? who.trace : undefined;
  const before = old_rules.map((rule) => ({ ...rule, told: toldByTrace(rule, who, trace) }));
  const after = new_rules.map((rule) => ({
    ...rule,
    told: outward(rule.written, who) ?? toldByOthers(rule, before, trace) ?? alone(rule),
  }));
  return { before, after, traced };
}

function diffOf(old: Policy, now: Policy, { before, after, traced }: Tale): JournaledDiff {
  const rights = (rules: readonly Both[], policy: Policy) =>
    rightsOf(
      rules.map(({ compiled }) => compiled),
      policy,
      opaque,
    );
  const yes = (rules: readonly Both[]) => rules.filter(({ told }) => told === true);
  const maybe = (rules: readonly Both[]) => rules.filter(({ told }) => told !== false);
  // What matches before exactly if it matches after brings no change by itself.
  const paired = (rules: readonly Both[], others: readonly Both[]) =>
    maybe(rules).filter((rule) => rule.told || others.some((other) => isSame(rule, other)));

  const had = {
    sure: rights(yes(before), old),
    paired: rights(paired(before, after), old),
    all: rights(maybe(before), old),
  };
  const has = {
    sure: rights(yes(after), now),
    paired: rights(paired(after, before), now),
    all: rights(maybe(after), now),
  };
  const up = compareRights(had.all, has.sure);
  const down = compareRights(had.sure, has.all);
  const sure = {
    gained: up.gained,
    loosened: up.loosened,
    lost: down.lost,
    tightened: down.tightened,
  };
  const upper = compareRights(had.paired, has.all);
  const lower = compareRights(had.all, has.paired);
  return {
    sure,
    unsure: {
      gained: without(upper.gained, sure.gained),
      loosened: without(upper.loosened, sure.loosened),
      lost: without(lower.lost, sure.lost),
      tightened: without(lower.tightened, sure.tightened),
    },
    traced,
  };
}

const without = (all: readonly Change[], known: readonly Change[]) => {
  const keys = new Set(known.map((change) => JSON.stringify(change)));
  return all.filter((change) => !keys.has(JSON.stringify(change)));
};

function bothOf({ policy, written }: OpenPolicy): Omit<Both, "told">[] {
  const compiled = [...policy.issuers.values()].flatMap(({ rules }) => rules);
  return written.rules.flatMap(({ name, rule }) => {
    const own = compiled.find((each) => each.name === name);
    return own ? [{ written: rule, compiled: own }] : [];
  });
}

/** What issuer, kind and subject alone tell: no, or nothing yet. */
function outward({ issuer, kind, subject }: RuleFile, who: Journaled): false | undefined {
  if (issuer !== who.issuer || (kind !== undefined && kind !== who.kind)) return false;
  return subject === undefined || [subject].flat().includes(who.subject) ? undefined : false;
}

/** Yes where nothing but issuer, kind and subject is asked, which fit: {@link outward}. */
function alone({ written, compiled }: Omit<Both, "told">): Told {
  const { client, scopes, any_scope, claims } = written;
  const asks = [client, scopes, any_scope, claims].some((criterion) => criterion !== undefined);
  return asks || compiled.slots.length + compiled.tags.length > 0 ? undefined : true;
}

function toldByTrace(rule: Omit<Both, "told">, who: Journaled, trace: Trace | undefined): Told {
  const told = outward(rule.written, who);
  if (told === false || !trace) return told ?? alone(rule);
  const line = trace.find((each) => each.rule === rule.compiled.name);
  // A trace names at least those that matched; others may be counted only.
  return line !== undefined && line.missed === undefined;
}

/** What the old rules tell of a new one: who fits a narrower rule fits it, who misses a wider one misses. */
function toldByOthers(
  rule: Omit<Both, "told">,
  before: readonly Both[],
  trace: Trace | undefined,
): Told {
  if (!trace) return undefined;
  const fits = before.some(
    (old) => old.told === true && implies(old.written, rule.written) && fillsNoMore(rule, old),
  );
  if (fits) return true;
  const misses = before.some((old) => {
    if (old.told !== false || !implies(rule.written, old.written)) return false;
    const line = trace.find((each) => each.rule === old.compiled.name);
    const filled = line?.missed !== undefined && !line.missed.includes(" cannot fill ");
    return filled || fillsNoMore(old, rule);
  });
  return misses ? false : undefined;
}

/** Whether everything that has to be filled for `one` has to be for `other`. */
function fillsNoMore(
  { compiled: one }: Omit<Both, "told">,
  { compiled: other }: Omit<Both, "told">,
) {
  const slots = other.slots.map(({ text }) => text);
  const tags = other.tags.map((tag) => JSON.stringify(tag));
  return (
    one.slots.every(({ text }) => slots.includes(text)) &&
    one.tags.every((tag) => tags.includes(JSON.stringify(tag)))
  );
}

const isSame = (one: Both, other: Both) =>
  implies(one.written, other.written) &&
  implies(other.written, one.written) &&
  fillsNoMore(one, other) &&
  fillsNoMore(other, one);
