import type { ErrorCode } from "../../errors.ts";
import type { Decision, Grant } from "../decision.ts";
import { parseNetwork } from "../network.ts";
import { covers, type Direction, overlaps, type Subject, splitSubject } from "../subject.ts";
import { reversed, weaker } from "./compare.ts";
import type { Conditions } from "./rights.ts";

/** How another decision about the same request compares with the one that counts. */
export interface DecisionDiff {
  readonly result: "same" | "wider" | "narrower" | "different";
  /** With which the other would refuse. */
  readonly code?: ErrorCode;
  /** What the other would give. */
  readonly account?: string;
  readonly roles?: readonly string[];
  /** What is permitted by the other alone, such as `publish a.>` or `ttl 300s -> 600s`. */
  readonly more?: readonly string[];
  /** What is permitted by the one that counts alone. */
  readonly less?: readonly string[];
}

/** Of each list; further ones are counted. */
const LISTED_LIMIT = 10;
/** Characters of one entry. */
const SAID_LIMIT = 200;
/** Pairs of subjects in one direction: this is done beside every exchange. */
const PAIRS_LIMIT = 5_000;

/** Compares two decisions about one request at one time. Names what differs, as far as there is place. */
export function compareDecisions(counts: Decision, other: Decision, now_s: number): DecisionDiff {
  const [held, given] = [grantOf(counts), grantOf(other)];
  const elsewhere = held?.account !== given?.account || held?.scoped_key !== given?.scoped_key;
  const more = beyond(elsewhere ? undefined : held, given, now_s);
  const less = beyond(elsewhere ? undefined : given, held, now_s, reversed);
  const result = resultOf(more, less, codeOf(counts) === codeOf(other));
  if (result === "same") return { result };
  return {
    result,
    ...(!other.allow && { code: other.code }),
    ...(given && { account: given.account, roles: given.roles }),
    ...(more.length > 0 && { more: listed(more) }),
    ...(less.length > 0 && { less: listed(less) }),
  };
}

const grantOf = (decision: Decision) => (decision.allow ? decision.grant : undefined);
const codeOf = (decision: Decision) => (decision.allow ? "" : decision.code);

function resultOf(
  more: readonly string[],
  less: readonly string[],
  same_code: boolean,
): DecisionDiff["result"] {
  if (more.length > 0) return less.length > 0 ? "different" : "wider";
  if (less.length > 0) return "narrower";
  return same_code ? "same" : "different";
}

/** What a grant permits beyond another one of the same account, in words; all of it where there is none. */
function beyond(
  base: Grant | undefined,
  grant: Grant | undefined,
  now_s: number,
  change = (text: string) => text,
): string[] {
  if (!grant) return [];
  const { scoped_key, responses, tags = [] } = grant;
  const answers = responses && !(base?.responses && answersWithin(responses, base.responses));
  return [
    ...(scoped_key !== undefined && !base ? [`sign by ${scoped_key}`] : []),
    ...subjectsBeyond("publish", base, grant),
    ...(answers ? [`answers ${responses.max} within ${responses.ttl_s}s`] : []),
    ...subjectsBeyond("subscribe", base, grant),
    ...tags.filter((tag) => !base?.tags?.includes(tag)).map((tag) => `tag ${tag}`),
    ...(base ? weaker(conditionsOf(base, now_s), conditionsOf(grant, now_s)).map(change) : []),
  ];
}

const answersWithin = (one: NonNullable<Grant["responses"]>, other: typeof one) =>
  one.max <= other.max && one.ttl_s <= other.ttl_s;

function subjectsBeyond(direction: Direction, base: Grant | undefined, grant: Grant): string[] {
  const say = (text: string) => `${direction} ${text}`;
  if (!base) return grant[direction].map(say);
  const rest = without(grant[direction], base[direction]);
  const denies = without(base[`deny_${direction}`] ?? [], grant[`deny_${direction}`] ?? []);
  const pairs = rest.length * base[direction].length + denies.length * grant[direction].length;
  if (pairs > PAIRS_LIMIT) return rest.map(say);
  const [held, given] = [read(base[direction], direction), read(grant[direction], direction)];
  const uncovered = read(rest, direction).filter((one) => !held.some((each) => covers(each, one)));
  const dropped = read(denies, direction).filter((deny) =>
    given.some((one) => overlaps(deny, one)),
  );
  return [
    ...uncovered.map(({ text }) => say(text)),
    ...dropped.map(({ text }) => `${say(text)}, which was denied`),
  ];
}

function without(all: readonly string[], some: readonly string[]): readonly string[] {
  const known = new Set(some);
  return all.filter((text) => !known.has(text));
}

/** Each was made of a subject that was read once: there are no faults among them. */
const read = (texts: readonly string[], direction: Direction): Subject[] =>
  texts.flatMap((text) => {
    const subject = splitSubject(text, direction);
    return "fault" in subject ? [] : [subject];
  });

function conditionsOf(grant: Grant, now_s: number): Conditions {
  const { connection_types, source_networks, times, limits, expires_at } = grant;
  const networks = source_networks?.flatMap((text) => {
    const network = parseNetwork(text);
    return "fault" in network ? [] : [network];
  });
  return {
    ttl_s: expires_at - now_s,
    connection_types,
    ...(networks && { source_networks: networks }),
    ...(times && { times }),
    limits,
  };
}

function listed(all: readonly string[]): readonly string[] {
  const some = all
    .slice(0, LISTED_LIMIT)
    .map((said) => (said.length > SAID_LIMIT ? `${said.slice(0, SAID_LIMIT)}…` : said));
  return all.length > LISTED_LIMIT ? [...some, `and ${all.length - LISTED_LIMIT} more`] : some;
}
