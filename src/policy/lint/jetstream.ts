import type { Fault } from "../../config/index.ts";
import { overlaps } from "../subject.ts";
import type { Pattern } from "./linted.ts";
import { eachPattern, starred, startsAt } from "./patterns.ts";
import { type LintRule, quote } from "./rule.ts";

/** Parts of the JetStream API that go further than their names. */
export const JETSTREAM: readonly LintRule[] = [
  {
    id: "jetstream-api",
    summary: "A role that may manage JetStream, or go round its own permissions by it",
    avoid: `roles:
  worker: { account: ORDERS, publish: ["$JS.API.>"], allow_reserved: true }
rules:
  - { name: workers, issuer: corp, client: worker, roles: [worker] }`,
    prefer: `roles:
  worker:
    account: ORDERS
    publish: [$JS.API.CONSUMER.INFO.ORDERS.worker, $JS.API.CONSUMER.MSG.NEXT.ORDERS.worker, $JS.ACK.ORDERS.worker.>]
    allow_reserved: true
rules:
  - { name: workers, issuer: corp, client: worker, roles: [worker] }`,
    rationale:
      "Whoever may create a consumer has stored messages sent to any subject of the account, whatever it may publish to; whoever may get messages by `STREAM.MSG.GET` reads every subject of the stream, because the subject stands in the payload, and so by `DIRECT.GET` with nothing after the stream; and a wildcard takes in deleting streams, also where it stands for the API of a domain. Who subscribes to the API sees what others ask of it. Make consumers beforehand and permit their names.",
    check: ({ roles }) => eachPattern(roles, jetstream),
  },
];

/** What each part of the API does for those who may publish to it, the worst first. */
const DANGERS: readonly (readonly [part: string, why: string, instead?: string])[] = [
  ["STREAM.DELETE.*", "may delete streams"],
  ["STREAM.PURGE.*", "may empty streams"],
  ["STREAM.UPDATE.*", "may change streams"],
  ["STREAM.CREATE.*", "may create streams, which can take in any subject"],
  ["STREAM.RESTORE.*", "may overwrite streams"],
  ["STREAM.SNAPSHOT.*", "reads whole streams"],
  ["STREAM.MSG.DELETE.*", "may delete messages"],
  ["STREAM.MSG.GET.*", "reads every subject of the stream, whatever else it may"],
  [
    "DIRECT.GET.*",
    "reads every subject of the stream, which the payload names",
    "write after the stream which of its subjects may be read",
  ],
  ["CONSUMER.DELETE.*.*", "may delete the consumers of others"],
  ["CONSUMER.CREATE.>", "may create consumers, which send stored messages to any subject"],
  [
    "CONSUMER.DURABLE.CREATE.*.*",
    "may create consumers, which send stored messages to any subject",
  ],
];

const INSTEAD = "permit the consumers by name that were made beforehand";
/** What stands after `$JS` where no name of a domain does. */
const NO_DOMAINS: readonly (string | undefined)[] = ["API", "ACK", "FC", "EVENT"];

function jetstream(pattern: Pattern): Fault[] {
  if (pattern.compiled || !startsAt(pattern, "$JS")) return []; // intents are looked at as such
  if (pattern.direction === "subscribe") return listening(pattern);
  const danger = DANGERS.find(([part]) => reaches(pattern, part));
  if (!danger) return [];
  const [, why, instead = INSTEAD] = danger;
  return [pattern.at(`${quote(pattern.text)} ${why}: ${instead}`)];
}

/** Requests hold the messages that are asked for, and the subjects to which answers go. */
function listening(pattern: Pattern): Fault[] {
  if (!reaches(pattern, ">")) return [];
  return [
    pattern.at(
      `${quote(pattern.text)} sees what others ask of JetStream, and can answer in its place: leave it out`,
    ),
  ];
}

/** Whether a pattern takes in this part of the API, or of that of a domain. */
function reaches(pattern: Pattern, part: string): boolean {
  const subject = starred(pattern);
  const prefixes = NO_DOMAINS.includes(subject.tokens[1]) ? ["$JS.API"] : ["$JS.API", "$JS.*.API"];
  return prefixes.some((prefix) => {
    const text = `${prefix}.${part}`;
    return overlaps({ text, tokens: text.split(".") }, subject);
  });
}
