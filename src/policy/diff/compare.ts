import { covers, overlaps, type Subject } from "../subject.ts";
import type { Conditions, Right } from "./rights.ts";

/** A right that was not there before, or is not there any more, or is there on other conditions. */
export interface Change {
  readonly account: string;
  readonly verb: Right["verb"];
  readonly subject: string;
  /** How conditions differ, such as `ttl 300s -> 600s`. Empty where the right itself comes or goes. */
  readonly conditions: readonly string[];
}

/** What becomes of somebody's rights. */
export interface Changes {
  readonly gained: readonly Change[];
  /** Had it before, on stricter conditions. */
  readonly loosened: readonly Change[];
  readonly lost: readonly Change[];
  readonly tightened: readonly Change[];
}

/** Whether somebody may do more than before. */
export const widens = ({ gained, loosened }: Changes) => gained.length + loosened.length > 0;

/** Whether anything is different. */
export const changes = (all: Changes) => widens(all) || all.lost.length + all.tightened.length > 0;

/** Compares what was permitted with what is. A narrower subject within a wider one is no change. */
export function compareRights(before: readonly Right[], after: readonly Right[]): Changes {
  const [gained, loosened] = beyond(after, before, (old, now) => differences(old, now));
  const [lost, tightened] = beyond(before, after, (now, old) =>
    differences(now, old).map(reversed),
  );
  return { gained, loosened, lost, tightened };
}

/** What `rights` permit beyond `base`: by their subjects, and by their conditions only. */
function beyond(
  rights: readonly Right[],
  base: readonly Right[],
  weaker: (base: Right, right: Right) => string[],
): [Change[], Change[]] {
  const wide: Change[] = [];
  const weak: Change[] = [];
  for (const right of rights) {
    const within = base.filter((one) => coversSubject(one, right));
    const why = within.map((one) => weaker(one, right));
    if (why.some((list) => list.length === 0)) continue;
    const [conditions] = why.sort((a, b) => a.length - b.length);
    const { account, verb, subject } = right;
    const change = { account, verb, subject: subject.text, conditions: conditions ?? [] };
    (conditions ? weak : wide).push(change);
  }
  return [once(wide), once(weak)];
}

const coversSubject = (wide: Right, narrow: Right) =>
  wide.account === narrow.account &&
  wide.verb === narrow.verb &&
  covers(wide.subject, narrow.subject);

const once = (list: readonly Change[]) => [
  ...new Map(list.map((change) => [JSON.stringify(change), change])).values(),
];

/** In what `now` is weaker than `old`, each as `what old -> now`. None: it is as strict. */
function differences(old: Right, now: Right): string[] {
  const [a, b] = [old.conditions, now.conditions];
  const dropped = old.denies.filter(
    (deny) =>
      overlaps(anyFill(deny), anyFill(now.subject)) &&
      !now.denies.some((other) => covers(other, deny)),
  );
  return [...dropped.map(({ text }) => `deny ${text} -> none`), ...weaker(a, b)];
}

/** What a slot that stands for itself may be filled with is anything: a deny may be meant for it. */
const anyFill = ({ tokens, ...subject }: Subject): Subject => ({
  ...subject,
  tokens: tokens.map((token) => (token.startsWith("{") ? "*" : token)),
});

/** The subject that a condition denies and did not before; undefined where it is about something else. */
export const deniedBy = (condition: string): string | undefined =>
  /^deny none -> (.*)$/.exec(condition)?.[1];

/** In what the conditions `b` are weaker than `a`, each as `what a -> b`. None: they are as strict. */
export function weaker(a: Conditions, b: Conditions): string[] {
  return [
    ...(b.ttl_s > a.ttl_s ? [`ttl ${a.ttl_s}s -> ${b.ttl_s}s`] : []),
    ...differs(
      "connection_types",
      b.connection_types.every((type) => a.connection_types.includes(type)),
      a.connection_types,
      b.connection_types,
    ),
    ...differs("source_networks", networksWithin(b, a), networksOf(a), networksOf(b)),
    ...differs("times", timesWithin(b, a), timesOf(a), timesOf(b)),
    ...limitsWeaker(a, b),
    ...tagsWeaker(a, b),
    ...answersWeaker(a, b),
  ];
}

const differs = (what: string, ok: boolean, a: readonly string[], b: readonly string[]) =>
  ok ? [] : [`${what} ${a.join(" ") || "any"} -> ${b.join(" ") || "any"}`];

/** The same sentence for somebody who looks from the other side. */
export function reversed(text: string): string {
  const [, what = "", a = "", b = ""] = /^(\S+) (.*) -> (.*)$/.exec(text) ?? [];
  return `${what} ${b} -> ${a}`;
}

const networksOf = ({ source_networks = [] }: Conditions) =>
  source_networks.map(({ text }) => text);

function networksWithin({ source_networks: narrow }: Conditions, wide: Conditions): boolean {
  const all = wide.source_networks;
  if (!all) return true;
  return narrow?.every(({ key }) => all.some((other) => key.startsWith(other.key))) ?? false;
}

const timesOf = ({ times }: Conditions) =>
  times ? [...times.ranges.map(({ start, end }) => `${start}-${end}`), times.location] : [];

function timesWithin({ times: narrow }: Conditions, { times: wide }: Conditions): boolean {
  if (!wide) return true;
  if (narrow?.location !== wide.location) return false;
  return narrow.ranges.every(({ start, end }) =>
    wide.ranges.some((range) => range.start <= start && end <= range.end),
  );
}

function limitsWeaker({ limits: old }: Conditions, { limits: now }: Conditions): string[] {
  return (["subscriptions", "payload_bytes", "data_bytes"] as const).flatMap((name) => {
    const [a, b] = [old[name] ?? Infinity, now[name] ?? Infinity];
    const say = (value: number) => (value === Infinity ? "unlimited" : `${value}`);
    return b > a ? [`${name} ${say(a)} -> ${say(b)}`] : [];
  });
}

/** A tag may be what a scoped key grants by, so another one is more, whatever it says. */
function tagsWeaker({ tags: a = [] }: Conditions, { tags: b = [] }: Conditions): string[] {
  const said = (tags: readonly string[]) => tags.join(" ") || "none";
  return b.every((tag) => a.includes(tag)) ? [] : [`tags ${said(a)} -> ${said(b)}`];
}

function answersWeaker({ responses: a }: Conditions, { responses: b }: Conditions): string[] {
  if (!a || !b || (b.max <= a.max && b.ttl_s <= a.ttl_s)) return [];
  const said = ({ max, ttl_s }: typeof a) => `${max} within ${ttl_s}s`;
  return [`answers ${said(a)} -> ${said(b)}`];
}
