import { type RuleIndex, sharing } from "../index-rules.ts";
import { implies } from "../lint/implies.ts";
import type { Rule } from "../policy.ts";
import type { RuleFile } from "../schema.ts";
import type { OpenPolicy } from "../written.ts";

/** A rule of one policy, as written and as compiled, and what it tells of rules of the other one. */
export interface Kin {
  readonly written: RuleFile;
  readonly compiled: Rule;
  /** Rules of the other policy that match whenever this does. */
  readonly wider: Set<Kin>;
  /** Those whose criteria fit whenever these do, but which have something else to fill. */
  readonly looser: Set<Kin>;
  /** Rules of the other policy for which this is a wider one. */
  readonly narrower: Set<Kin>;
}

/** The rules of one policy. */
export interface Kindred {
  readonly named: ReadonlyMap<string, Kin>;
  /** In the order of the policy. */
  readonly of_issuer: ReadonlyMap<string, readonly Kin[]>;
}

/**
 * Rules of the other policy that one rule is held against, and of these the ones that are kept; the
 * rule of its own name is the first. What is beyond is not known, and so tells nothing for certain.
 */
const TRIED_LIMIT = 256;
const KEPT_LIMIT = 64;
/** Rules that are gone through in one step: about a millisecond. */
const RULES_A_STEP = 32;

/**
 * Finds which rules of two policies imply each other. They are found by the values that they name, so
 * that this takes as long as there are rules, not as there are pairs of them. A step is short.
 */
export function* kinOf(
  old: OpenPolicy,
  now: OpenPolicy,
): Generator<void, readonly [Kindred, Kindred]> {
  const [before, after] = [kindredOf(old), kindredOf(now)];
  let gone = 0;
  for (const [own, others, { issuers }] of [
    [after, before, old.policy],
    [before, after, now.policy],
  ] as const) {
    for (const kin of own.named.values()) {
      findWider(kin, others, issuers.get(kin.compiled.issuer)?.index);
      if (++gone % RULES_A_STEP === 0) yield;
    }
  }
  return [before, after];
}

/** Whether both match exactly the same: this rule, and some rule of the other policy. */
export const isPaired = ({ wider, narrower }: Kin) => [...wider].some((one) => narrower.has(one));

function kindredOf({ policy, written }: OpenPolicy): Kindred {
  const files = new Map(written.rules.map(({ name, rule }) => [name, rule]));
  const of_issuer = new Map(
    [...policy.issuers].map(([issuer, { rules }]) => [
      issuer,
      rules.flatMap((compiled): Kin[] => {
        const rule = files.get(compiled.name);
        const none = { wider: new Set<Kin>(), looser: new Set<Kin>(), narrower: new Set<Kin>() };
        return rule ? [{ written: rule, compiled, ...none }] : [];
      }),
    ]),
  );
  const all = [...of_issuer.values()].flat();
  return { of_issuer, named: new Map(all.map((kin) => [kin.compiled.name, kin])) };
}

function findWider(kin: Kin, { named }: Kindred, index: RuleIndex | undefined): void {
  let tried = 0;
  for (const other of likely(kin, named, index)) {
    if (++tried > TRIED_LIMIT || kin.wider.size + kin.looser.size >= KEPT_LIMIT) return;
    if (!implies(kin.written, other.written)) continue;
    if (!fillsNoMore(other.compiled, kin.compiled)) kin.looser.add(other);
    else {
      kin.wider.add(other);
      other.narrower.add(kin);
    }
  }
}

/** Which rules could be wider: that of the same name, as most rules stay as they are, then the others. */
function* likely({ compiled }: Kin, named: Kindred["named"], index: RuleIndex | undefined) {
  const same = named.get(compiled.name);
  if (same) yield same;
  for (const { name } of index ? sharing(index, compiled.keys) : []) {
    const other = named.get(name);
    if (other && other !== same) yield other;
  }
}

/** Whether everything that has to be filled for `one` has to be for `other`. */
function fillsNoMore(one: Rule, other: Rule): boolean {
  const slots = other.slots.map(({ text }) => text);
  const tags = other.tags.map((tag) => JSON.stringify(tag));
  return (
    one.slots.every(({ text }) => slots.includes(text)) &&
    one.tags.every((tag) => tags.includes(JSON.stringify(tag)))
  );
}
