import { suggestion } from "../config/index.ts";
import { ERRORS } from "../errors.ts";
import { eventFilter, type Filter, type FilterWords, type StoredEvent } from "../journal/index.ts";
import type { Args } from "./command.ts";

/** Every type of event: where one is missing, this does not compile. */
const TYPES = Object.keys({
  "credential.issued": true,
  "credential.refused": true,
  "credential.narrowed": true,
  "credential.revoked": true,
  "decision.explained": true,
  "policy.loaded": true,
  "policy.narrowed": true,
  "config.loaded": true,
  "service.crashed": true,
  "admin.allowed": true,
  "journal.checkpoint": true,
  "journal.probed": true,
  "journal.pruned": true,
  "journal.repaired": true,
} satisfies Record<StoredEvent["type"], true>);

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
  type: {
    type: "string",
    takes: TYPES,
    describe: "Of this type, such as credential.issued or policy.loaded",
  },
  request: { type: "string", describe: "With this request id, ours or the caller's" },
  since: { type: "string", describe: "Not before: 15m (ago), or a time: 2030-01-31T12:00:00Z" },
  until: { type: "string", describe: "Before: 5m (ago), or a time" },
} as const;

/** What the options ask for, or what is wrong with them. */
export function filterOf({ values }: Args, now_ms: number): Filter | string {
  const given = Object.keys(FILTER_OPTIONS).filter((name) => typeof values[name] === "string");
  const type = values["type"];
  if (typeof type === "string" && !TYPES.some((known) => known === type))
    return `--type: there is no type ${JSON.stringify(type)}${suggestion(type, TYPES)}`;
  const words: FilterWords = Object.fromEntries(given.map((name) => [name, values[name]]));
  const filter = eventFilter(words, now_ms);
  return "fault" in filter ? `--${filter.word}${filter.fault}` : filter;
}
