import { nearest } from "../../config/index.ts";
import type { Identity } from "../../identity/index.ts";
import { decide } from "../decide.ts";
import type { Decision, Grant } from "../decision.ts";
import { traceOf } from "../evaluate.ts";
import type { Policy } from "../policy.ts";
import type { Direction } from "../subject.ts";
import type { Subjected } from "./identity.ts";
import type { Case } from "./load.ts";
import { permitsAll, permitsSome } from "./permits.ts";

/** How a case came out. It passed where nothing differs. */
export interface CaseResult {
  readonly case: Case;
  /** Absent where no identity came of the claims. */
  readonly decision?: Decision;
  /** Each a sentence: what was expected and what there is. */
  readonly differs: readonly string[];
}

/** Puts a case to a policy, through the `decide` of the service. Pure. */
export function runCase(policy: Policy, each: Case, who: Subjected): CaseResult {
  if (!("identity" in who)) {
    const differs = codeDiffers(each, who.code, who.why);
    return { case: each, differs: [...differs, ...unheard(each)] };
  }
  const { identity, now_s } = who;
  // A decision lists only some rules of a large policy.
  const decision = {
    ...decide(policy, identity, each.request, now_s),
    trace: traceOf(policy, identity),
  };
  const differs = [
    ...kindDiffers(each, identity),
    ...(decision.allow
      ? [
          ...grantDiffers(each, decision.grant, now_s),
          ...noSuchRoles(each, policy),
          ...mayDiffers(each, decision.grant),
        ]
      : codeDiffers(each, decision.code, firstMisses(decision))),
    ...missedDiffers(each, decision),
  ];
  return { case: each, decision, differs };
}

function codeDiffers({ refused }: Case, code: string, why: string): string[] {
  const because = why === "" ? "" : `: ${why}`;
  if (refused === undefined) return [`expected a credential, but refused with ${code}${because}`];
  return refused === code ? [] : [`expected refused: ${refused}, but it is ${code}${because}`];
}

/** What a case says about rules and kinds is not true of claims that are refused before them. */
const unheard = ({ missed, kind }: Case): string[] =>
  Object.keys(missed).length > 0 || kind !== undefined
    ? ["expected missed or kind, but the claims make no identity"]
    : [];

const firstMisses = ({ trace }: Decision): string =>
  trace
    .filter(({ missed }) => missed !== undefined && missed !== "issuer")
    .slice(0, 3)
    .map(({ rule, missed }) => `${rule} missed on ${missed}`)
    .join("; ");

const kindDiffers = ({ kind }: Case, identity: Identity): string[] =>
  kind === undefined || kind === identity.kind
    ? []
    : [`expected kind: ${kind}, but it is ${identity.kind}`];

const PRIVATE_INBOX = /^_INBOX\.[0-9a-f]{32}\.>$/;

function grantDiffers({ granted, refused }: Case, grant: Grant, now_s: number): string[] {
  if (refused !== undefined)
    return [`expected refused: ${refused}, but granted roles ${grant.roles.join(", ")}`];
  if (!granted) return [];
  const differs: string[] = [];
  if (granted.account !== undefined && granted.account !== grant.account)
    differs.push(`expected account: ${granted.account}, but it is ${grant.account}`);
  for (const key of ["roles", "publish", "subscribe"] as const) {
    const expected = granted[key];
    if (!expected) continue;
    const named = (text: string) => expected.includes(text);
    const found = grant[key].filter((text) => named(text) || !PRIVATE_INBOX.test(text));
    differs.push(...listDiffers(key, expected, found));
  }
  const ttl_s = grant.expires_at - Math.floor(now_s);
  if (granted.ttl !== undefined && granted.ttl !== sayTtl(ttl_s, granted.ttl))
    differs.push(`expected ttl: ${granted.ttl}, but it is ${sayTtl(ttl_s, granted.ttl)}`);
  return differs;
}

/** Roles that a case expects and that the policy has under another name. */
const noSuchRoles = ({ granted }: Case, { issuers }: Policy): string[] => {
  const rules = [...issuers.values()].flatMap((each) => each.rules);
  const known = rules.flatMap(({ roles }) => roles.map(({ name }) => name));
  return (granted?.roles ?? []).flatMap((role) => {
    const meant = known.includes(role) ? "" : guess(role, known);
    return meant === "" ? [] : [`there is no role ${role}${meant}`];
  });
};

function guess(word: string, known: readonly string[]): string {
  const meant = nearest(word, known);
  return meant === undefined ? "" : `: did you mean ${JSON.stringify(meant)}?`;
}

function listDiffers(key: string, expected: readonly string[], found: readonly string[]) {
  const missing = expected.filter((text) => !found.includes(text));
  const extra = found.filter((text) => !expected.includes(text));
  return [
    ...missing.map((text) => `expected ${key} to have ${text}, but it has not`),
    ...extra.map((text) => `expected ${key} without ${text}, but it is there`),
  ];
}

/** In the unit of the text that it is compared with, so that 10m, 600s and their like are equal; else in seconds. */
function sayTtl(ttl_s: number, like: string): string {
  const unit = { s: 1, m: 60, h: 3600, d: 86_400 }[like.slice(-1)] ?? 1;
  return ttl_s % unit === 0 ? `${ttl_s / unit}${like.slice(-1)}` : `${ttl_s}s`;
}

function mayDiffers({ may, may_not }: Case, grant: Grant): string[] {
  const differs: string[] = [];
  for (const direction of ["publish", "subscribe"] as const) {
    for (const wanted of may[direction])
      if (!permitsAll(grant, direction, wanted))
        differs.push(`expected that it may ${say(direction)} ${wanted.text}, but it may not`);
    for (const unwanted of may_not[direction])
      if (permitsSome(grant, direction, unwanted))
        differs.push(
          `expected that it may not ${say(direction)} ${unwanted.text}, but ${grant[direction].join(", ")} is granted`,
        );
  }
  return differs;
}

const say = (direction: Direction) => `${direction} to`;

function missedDiffers({ missed }: Case, { trace }: Decision): string[] {
  const known = trace.map(({ rule }) => rule).filter((name) => name !== "");
  return Object.entries(missed).flatMap(([rule, criterion]) => {
    const found = trace.find((each) => each.rule === rule);
    if (!found)
      return [`expected ${rule} to have missed, but there is no such rule${guess(rule, known)}`];
    if (found.missed === criterion) return [];
    const instead = found.missed === undefined ? "it matched" : `it missed on ${found.missed}`;
    return [`expected ${rule} to have missed on ${criterion}, but ${instead}`];
  });
}
