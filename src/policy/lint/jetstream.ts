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
      "Whoever may create a consumer has stored messages sent to any subject of the account, whatever it may publish to; whoever may get messages by `STREAM.MSG.GET` reads every subject of the stream, because the subject stands in the payload; and a wildcard takes in deleting streams. Make consumers beforehand and permit their names.",
    check: ({ roles }) => eachPattern(roles, jetstream),
  },
];

/** What each part of the API does for those who may publish to it, the worst first. */
const DANGERS: readonly (readonly [subject: string, why: string])[] = [
  ["$JS.API.STREAM.DELETE.*", "may delete streams"],
  ["$JS.API.STREAM.PURGE.*", "may empty streams"],
  ["$JS.API.STREAM.UPDATE.*", "may change streams"],
  ["$JS.API.STREAM.CREATE.*", "may create streams, which can take in any subject"],
  ["$JS.API.STREAM.RESTORE.*", "may overwrite streams"],
  ["$JS.API.STREAM.SNAPSHOT.*", "reads whole streams"],
  ["$JS.API.STREAM.MSG.DELETE.*", "may delete messages"],
  ["$JS.API.STREAM.MSG.GET.*", "reads every subject of the stream, whatever else it may"],
  ["$JS.API.CONSUMER.DELETE.*.*", "may delete the consumers of others"],
  ["$JS.API.CONSUMER.CREATE.>", "may create consumers, which send stored messages to any subject"],
  [
    "$JS.API.CONSUMER.DURABLE.CREATE.*.*",
    "may create consumers, which send stored messages to any subject",
  ],
];

function jetstream(pattern: Pattern): Fault[] {
  if (pattern.compiled || pattern.direction !== "publish") return []; // intents are looked at as such
  if (!startsAt(pattern, "$JS")) return [];
  const { tokens } = starred(pattern);
  // In a domain, its name stands before API.
  const wide = { text: "", tokens: tokens[2] === "API" ? ["$JS", ...tokens.slice(2)] : tokens };
  const danger = DANGERS.find(([subject]) =>
    overlaps({ text: "", tokens: subject.split(".") }, wide),
  );
  if (!danger) return [];
  return [
    pattern.at(
      `${quote(pattern.text)} ${danger[1]}: permit the consumers by name that were made beforehand`,
    ),
  ];
}
