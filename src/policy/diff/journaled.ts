import type { Trace } from "../decision.ts";
import type { Policy } from "../policy.ts";
import type { RuleFile } from "../schema.ts";
import type { OpenPolicy } from "../written.ts";
import { type Change, type Changes, compareRights } from "./compare.ts";
import { isPaired, type Kin, type Kindred, kinOf } from "./kin.ts";
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

/** A rule that somebody matches, or may match: undefined where the journal does not tell. */
interface Told {
  readonly kin: Kin;
  readonly told: true | undefined;
}

/** The rules of both policies, besides those that are missed for certain. */
interface Tale {
  readonly before: readonly Told[];
  readonly after: readonly Told[];
  readonly traced: boolean;
}

type Compare = (who: Journaled) => JournaledDiff;

/**
 * Makes the comparison of what two policies give to somebody in a journal. Issuer, kind and subject
 * are kept, and which rules of the old policy matched; the claims are not. So a rule of the new policy
 * is decided by those, or by an old rule that is as wide or as narrow; where neither tells, the change
 * is unsure. Slots stand for themselves.
 */
export function diffJournaled(old: OpenPolicy, now: OpenPolicy): Compare {
  const steps = diffJournaledInSteps(old, now);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** The same for whoever has other things to do between the steps, each of which is short. */
export function* diffJournaledInSteps(old: OpenPolicy, now: OpenPolicy): Generator<void, Compare> {
  const [before, after] = yield* kinOf(old, now);
  const undecided = new Map(
    [...after.of_issuer].map(([issuer, all]) => [issuer, all.filter((kin) => !kin.wider.size)]),
  );
  return (who) => {
    const traced = who.policy === old.policy.digest && who.trace !== undefined;
    const tale = traced
      ? toldByTrace(who, who.trace, before, (issuer) => undecided.get(issuer) ?? [])
      : { before: toldByNothing(who, before), after: toldByNothing(who, after) };
    return diffOf(old.policy, now.policy, { ...tale, traced });
  };
}

const toldByNothing = (who: Journaled, { of_issuer }: Kindred): Told[] =>
  (of_issuer.get(who.issuer) ?? [])
    .filter(({ written }) => outward(written, who))
    .map((kin) => ({ kin, told: alone(kin) }));

/**
 * What a trace tells. It names at least the old rules that matched; others may be counted only. A new
 * rule with a wider old one that did not match is missed, so that most are not even looked at.
 *
 * @param undecided the new rules of an issuer without such an old one
 */
function toldByTrace(
  who: Journaled,
  trace: Trace,
  old: Kindred,
  undecided: (issuer: string) => readonly Kin[],
): Omit<Tale, "traced"> {
  const lines = new Map(trace.map(({ rule, missed }) => [rule, missed ?? ""]));
  const matched = new Set(
    trace.flatMap(({ rule, missed }) => {
      const kin = missed === undefined ? old.named.get(rule) : undefined;
      return kin && outward(kin.written, who) ? [kin] : [];
    }),
  );
  const fit = new Set([...matched].flatMap(({ wider }) => [...wider]));
  const narrower = [...matched].flatMap((kin) => [...kin.narrower]);
  const looked = new Set([...undecided(who.issuer), ...narrower, ...fit]);

  const missed = (kin: Kin) =>
    [...kin.wider].some((wide) => !matched.has(wide)) ||
    [...kin.looser].some((wide) => !matched.has(wide) && missedItself(lines, wide));
  const after = [...looked].flatMap((kin): Told[] => {
    if (!outward(kin.written, who)) return [];
    if (fit.has(kin)) return [{ kin, told: true }];
    return missed(kin) ? [] : [{ kin, told: alone(kin) }];
  });
  return {
    before: inOrder([...matched].map((kin) => ({ kin, told: true }))),
    after: inOrder(after),
  };
}

/** Whether a rule missed on a criterion, rather than on what its roles have to be filled with. */
function missedItself(lines: ReadonlyMap<string, string>, { compiled }: Kin): boolean {
  const missed = lines.get(compiled.name) ?? "";
  return missed !== "" && !missed.includes(" cannot fill ");
}

const inOrder = (all: readonly Told[]) =>
  [...all].sort((a, b) => a.kin.compiled.place - b.kin.compiled.place);

function diffOf(old: Policy, now: Policy, { before, after, traced }: Tale): JournaledDiff {
  const rights = (rules: readonly Told[], policy: Policy) =>
    rightsOf(
      rules.map(({ kin }) => kin.compiled),
      policy,
      opaque,
    );
  const yes = (rules: readonly Told[]) => rules.filter(({ told }) => told);
  // What matches before exactly if it matches after brings no change by itself.
  const paired = (rules: readonly Told[]) => rules.filter(({ kin, told }) => told || isPaired(kin));

  const had = {
    sure: rights(yes(before), old),
    paired: rights(paired(before), old),
    all: rights(before, old),
  };
  const has = {
    sure: rights(yes(after), now),
    paired: rights(paired(after), now),
    all: rights(after, now),
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

/** Whether issuer, kind and subject fit, which are kept. */
function outward({ issuer, kind, subject }: RuleFile, who: Journaled): boolean {
  if (issuer !== who.issuer || (kind !== undefined && kind !== who.kind)) return false;
  return subject === undefined || [subject].flat().includes(who.subject);
}

/** Yes where nothing else is asked: {@link outward}. */
function alone({ written, compiled }: Kin): true | undefined {
  const { client, scopes, any_scope, claims } = written;
  const asks = [client, scopes, any_scope, claims].some((criterion) => criterion !== undefined);
  return asks || compiled.slots.length + compiled.tags.length > 0 ? undefined : true;
}
