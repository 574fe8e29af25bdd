import { type Fault, FaultError, PRESET_NAMES, readDocument, seconds } from "../../config/index.ts";
import type { ClaimsIssuer, Kind } from "../../identity/index.ts";
import type { Narrowing } from "../decision.ts";
import { type Direction, parseSubject, type Subject } from "../subject.ts";
import { type CaseFile, CasesFile } from "./schema.ts";

/** Subjects that a case speaks of. */
export type CaseSubjects = Readonly<Record<Direction, readonly Subject[]>>;

/** Where something stands in its file. */
export type Place = Pick<Fault, "line" | "col">;

/** One expectation, read and checked. */
export interface Case {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly col: number;
  /** Where its claims stand. */
  readonly claims_at: Place;
  readonly issuer?: string;
  /** Claims, or the file in which they are, as written. */
  readonly claims: Readonly<Record<string, unknown>> | string;
  readonly kind?: Kind;
  readonly request: Narrowing;
  readonly granted: CaseFile["granted"];
  readonly refused?: string;
  readonly missed: Readonly<Record<string, string>>;
  readonly may: CaseSubjects;
  readonly may_not: CaseSubjects;
}

/** A file of cases, read and checked. */
export interface Cases {
  readonly file: string;
  /** As written: relative to the file. */
  readonly policy?: string;
  readonly policy_at: Place;
  readonly issuers: readonly ClaimsIssuer[];
  readonly cases: readonly Case[];
}

/**
 * Reads a file of cases strictly.
 *
 * @throws FaultError with every fault and its position
 */
export function loadCases(bytes: Uint8Array, file: string): Cases {
  const { value, fault } = readDocument(bytes, file, CasesFile);
  const faults: Fault[] = [];
  const names = new Set<string>();
  const cases = value.cases.map((each, i) => {
    const say = (path: readonly (string | number)[], message: string) =>
      faults.push(fault(["cases", i, ...path], message));
    if (names.has(each.name)) say(["name"], "a case before it has this name too");
    names.add(each.name);
    inspect(each, say);
    const at = fault(["cases", i], "");
    const claims_at = fault(
      ["cases", i, each.claims_file === undefined ? "claims" : "claims_file"],
      "",
    );
    return caseOf(each, file, { line: at.line, col: at.col, claims_at }, say);
  });
  if (faults.length > 0) throw new FaultError(faults);
  const issuers = Object.entries(value.issuers ?? {}).map(([name, { preset, url }]) => ({
    ...issuerNamed(name),
    preset: PRESET_NAMES.find((known) => known === preset) ?? "generic",
    ...(url !== undefined && { url }),
  }));
  const policy = value.policy !== undefined && { policy: value.policy };
  return { file, ...policy, policy_at: fault(["policy"], ""), issuers, cases };
}

/** An issuer of which nothing but the name is known: one called like a preset has that preset. */
export function issuerNamed(name: string): ClaimsIssuer {
  const preset = PRESET_NAMES.find((known) => known === name) ?? "generic";
  // A name that no provider can have, so that digests are not taken for those of the service.
  return { name, url: `https://${encodeURIComponent(name)}${NOWHERE}`, preset };
}

/** A top-level domain that nobody can have (RFC 2606 §2). */
const NOWHERE = ".invalid";

/** Whether more than the name of an issuer is known. */
export const isKnown = ({ url }: ClaimsIssuer) => !url.endsWith(NOWHERE);

type Say = (path: readonly (string | number)[], message: string) => void;

/** What a schema cannot say: which keys need or exclude each other. */
function inspect(each: CaseFile, say: Say): void {
  if ((each.claims === undefined) === (each.claims_file === undefined))
    say([], "needs claims or claims_file, and only one of them");
  if (each.refused !== undefined) {
    for (const key of ["granted", "may"] as const)
      if (each[key] !== undefined) say([key], `cannot stand beside refused: drop one of them`);
  }
  const { granted, refused, missed, may, may_not } = each;
  if (![granted, refused, missed, may, may_not].some((key) => key !== undefined))
    say([], "expects nothing: give it granted, refused, missed, may or may_not");
}

function caseOf(
  each: CaseFile,
  file: string,
  at: Pick<Case, "line" | "col" | "claims_at">,
  say: Say,
): Case {
  const { name, issuer, kind, request, granted, refused, missed = {} } = each;
  const subjects = (key: "may" | "may_not", direction: Direction) =>
    (each[key]?.[direction] ?? []).flatMap((text, i) => {
      const subject = parseSubject(text, direction);
      if (!("fault" in subject)) return [subject];
      say([key, direction, i], `${JSON.stringify(text)} ${subject.fault}`);
      return [];
    });
  const both = (key: "may" | "may_not") => ({
    publish: subjects(key, "publish"),
    subscribe: subjects(key, "subscribe"),
  });
  return {
    name,
    file,
    ...at,
    ...(issuer !== undefined && { issuer }),
    claims: each.claims ?? each.claims_file ?? {},
    ...(kind !== undefined && { kind: kind as Kind }), // one of the schema's three
    request: requestOf(request ?? {}),
    granted,
    ...(refused !== undefined && { refused }),
    missed,
    may: both("may"),
    may_not: both("may_not"),
  };
}

function requestOf({ ttl, ...rest }: NonNullable<CaseFile["request"]>): Narrowing {
  return { ...rest, ...(ttl !== undefined && { ttl_s: seconds(ttl) }) };
}
