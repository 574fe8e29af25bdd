import { seconds, suggestion } from "../config/index.ts";
import { ERRORS } from "../errors.ts";
import type { StoredEvent } from "../journal/index.ts";
import type { Args } from "./command.ts";

/** Which events of a journal somebody wants to see. */
export interface Filter {
  /** Unix milliseconds. */
  readonly since_ms?: number;
  fits(event: StoredEvent): boolean;
}

/** The options that say it. All of those that are there must fit. */
export const FILTER_OPTIONS = {
  identity: {
    type: "string",
    describe: "Of this identity: ISSUER:SUBJECT, or a digest, or its beginning (8 digits or more)",
  },
  code: {
    type: "string",
    takes: ["issued", ...Object.keys(ERRORS)],
    describe: "With this answer: issued, or a code such as no_rule_matched",
  },
  rule: { type: "string", describe: "Where the rule of this name matched" },
  type: { type: "string", describe: "Of this type, such as credential.issued or policy.loaded" },
  request: { type: "string", describe: "With this request id, ours or the caller's" },
  since: { type: "string", describe: "Not before: 15m (ago), or a time: 2030-01-31T12:00:00Z" },
  until: { type: "string", describe: "Before: 5m (ago), or a time" },
} as const;

type Wanted = (event: StoredEvent) => boolean;

/** What the options ask for, or what is wrong with them. */
export function filterOf({ values }: Args, now_ms: number): Filter | string {
  const wanted: Wanted[] = [];
  const text = (name: keyof typeof FILTER_OPTIONS) =>
    typeof values[name] === "string" ? values[name] : undefined;

  const [code, identity] = [text("code"), text("identity")];
  if (code !== undefined && code !== "issued" && !Object.hasOwn(ERRORS, code))
    return `--code: there is no code ${JSON.stringify(code)}${suggestion(code, ["issued", ...Object.keys(ERRORS)])}`;
  const who = identity === undefined ? undefined : identityWanted(identity);
  if (typeof who === "string") return who;
  const since_ms = timeOf("since", text("since"), now_ms);
  const until_ms = timeOf("until", text("until"), now_ms);
  if (typeof since_ms === "string") return since_ms;
  if (typeof until_ms === "string") return until_ms;

  if (who) wanted.push(who);
  if (code !== undefined) wanted.push((event) => codeOf(event) === code);
  const [rule, type, request] = [text("rule"), text("type"), text("request")];
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
      return "--identity must be ISSUER:SUBJECT, or 8 to 64 hexadecimal digits of a digest";
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

function timeOf(option: string, text: string | undefined, now_ms: number) {
  if (text === undefined) return undefined;
  if (/^[1-9][0-9]{0,5}[smhd]$/.test(text)) return now_ms - seconds(text) * 1000;
  const time_ms = TIME.test(text) ? Date.parse(text.replace(" ", "T").toUpperCase()) : Number.NaN;
  return Number.isNaN(time_ms)
    ? `--${option} must be 15m, 2h or 7d (ago), or a time such as 2030-01-31T12:00:00Z`
    : time_ms;
}
