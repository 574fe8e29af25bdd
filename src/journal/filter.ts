import { seconds, suggestion } from "../config/index.ts";
import { ERRORS } from "../errors.ts";
import type { StoredEvent } from "./event.ts";

/** Which events of a journal somebody wants to see. */
export interface Filter {
  /** Unix milliseconds. */
  readonly since_ms?: number;
  fits(event: StoredEvent): boolean;
}

/** What somebody asks for, word by word. All of those that are there must fit. */
export interface FilterWords {
  /** ISSUER:SUBJECT, or a digest, or its beginning. */
  readonly identity?: string;
  /** `issued`, or a code. */
  readonly code?: string;
  /** Where the rule of this name matched. */
  readonly rule?: string;
  readonly type?: string;
  /** A request id, ours or the caller's. */
  readonly request?: string;
  /** `15m` (ago) or a time. */
  readonly since?: string;
  readonly until?: string;
}

/** What is wrong with one of the words. */
export interface FilterFault {
  readonly word: keyof FilterWords;
  /** The rest of a sentence that begins with the word. */
  readonly fault: string;
}

type Wanted = (event: StoredEvent) => boolean;

/** Which events the words ask for, or what is wrong with one of them. */
export function eventFilter(words: FilterWords, now_ms: number): Filter | FilterFault {
  const { code, identity, rule, type, request } = words;
  const wanted: Wanted[] = [];
  const codes = ["issued", ...Object.keys(ERRORS)];
  if (code !== undefined && !codes.includes(code))
    return {
      word: "code",
      fault: `: there is no code ${JSON.stringify(code)}${suggestion(code, codes)}`,
    };
  const who = identity === undefined ? undefined : identityWanted(identity);
  if (typeof who === "string") return { word: "identity", fault: who };
  const [since_ms, until_ms] = [timeOf(words.since, now_ms), timeOf(words.until, now_ms)];
  if (typeof since_ms === "string") return { word: "since", fault: since_ms };
  if (typeof until_ms === "string") return { word: "until", fault: until_ms };

  if (who) wanted.push(who);
  if (code !== undefined) wanted.push((event) => codeOf(event) === code);
  if (rule !== undefined) wanted.push((event) => rulesOf(event).includes(rule));
  if (type !== undefined) wanted.push((event) => event.type === type);
  if (request !== undefined) wanted.push((event) => isOfRequest(event, request));
  if (since_ms !== undefined) wanted.push(({ at }) => Date.parse(at) >= since_ms);
  if (until_ms !== undefined) wanted.push(({ at }) => Date.parse(at) < until_ms);
  if (type === undefined) wanted.push(({ type }) => !HIDDEN.includes(type));
  return {
    ...(since_ms !== undefined && { since_ms }),
    fits(event) {
      try {
        return wanted.every((one) => one(event));
      } catch {
        return true; // Somebody gave it another shape: better seen than hidden.
      }
    },
  };
}

/** What the journal writes for itself: shown to those who ask for it by type. */
const HIDDEN: readonly string[] = ["journal.checkpoint", "journal.probed"];

/** `issued`, or why it was refused; undefined for an event that is no decision. */
export function codeOf(event: StoredEvent): string | undefined {
  if (event.type === "credential.issued") return "issued";
  return event.type === "credential.refused" ? event.code : undefined;
}

/** The rules that matched. */
export function rulesOf(event: StoredEvent): string[] {
  if (!("trace" in event)) return [];
  return (event.trace ?? []).flatMap(({ rule, missed }) =>
    missed === undefined && rule !== "" ? [rule] : [],
  );
}

/** Where an answer was the same request's, by its id or the caller's own. */
function isOfRequest(event: StoredEvent, id: string): boolean {
  return "request_id" in event && (event.request_id === id || event.client_request_id === id);
}

/** As servers show it (`corp:0123456789abcdef`), as it is in the provider, or its digest. */
function identityWanted(text: string): Wanted | string {
  const colon = text.indexOf(":");
  if (colon < 0) {
    if (!/^[0-9a-f]{8,64}$/.test(text))
      return " must be ISSUER:SUBJECT, or 8 to 64 hexadecimal digits of a digest";
    return (event) => identityOf(event)?.digest.startsWith(text) ?? false;
  }
  const [issuer, subject] = [text.slice(0, colon), text.slice(colon + 1)];
  const short = /^[0-9a-f]{16}$/.test(subject) ? subject : undefined;
  return (event) => {
    const identity = identityOf(event);
    if (identity?.issuer !== issuer) return false;
    return identity.subject === subject || (!!short && identity.digest.startsWith(short));
  };
}

const identityOf = (event: StoredEvent) => ("identity" in event ? event.identity : undefined);

/** RFC 3339 §5.6. */
const TIME = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

function timeOf(text: string | undefined, now_ms: number): number | string | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9][0-9]{0,5}[smhd]$/.test(text)) return now_ms - seconds(text) * 1000;
  const time_ms = TIME.test(text) ? Date.parse(text.replace(" ", "T").toUpperCase()) : Number.NaN;
  return Number.isNaN(time_ms)
    ? " must be 15m, 2h or 7d (ago), or a time such as 2030-01-31T12:00:00Z"
    : time_ms;
}
