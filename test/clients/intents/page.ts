import { granted, who } from "../../policy/support.ts";
import { type Case, LIBRARIES } from "./case.ts";
import { CASES, POLICY } from "./cases.ts";

/** The page of all intents, docs/intents.md: their subjects are those that the policy compiles to. */
export function intentsPage(): string {
  return [
    "<!-- Made from test/clients/intents: change it there. -->",
    "",
    "# JetStream, buckets and services in a role",
    "",
    "A role says in `jetstream` and `service` what it is for, and gets the least subjects with which that works. Here is each form of it with the subjects that it comes to for the user `alice`, how it is used from three libraries, and what it never gives. All of it is tried with each of them against a real nats-server by `test/clients/intents/intents.test.ts`: what must work, with 3,000 values for a watch, and what must be refused.",
    "",
    "What holds for all of them:",
    "",
    "- Each credential may also subscribe below its own inbox, where answers and messages come to. A client has to be told its prefix, `inbox_prefix` in the answer and in the first line of a creds file: `connect({ inboxPrefix })` in nats.js, `nats.CustomInboxPrefix` in nats.go, `nats.connect(inbox_prefix=…)` in nats-py.",
    "- Streams, buckets and consumers are made by whoever owns them. No intent creates, changes, empties or removes a stream or lists the streams of an account; the one exception is said at objects.",
    "- What needs consumers of the client's own making takes `may_create_consumers: true`. Such a role can have stored messages sent to any subject of the account. Where clients name the consumers themselves, it can also change and remove any consumer of that stream whose name it knows: a request to create one of that name does that, so the right to remove them is given as well ([0010](decisions/0010-intents-and-clients.md)).",
    "- Headers reach beyond subjects, and nats-server has no permission for them: whoever may publish to one subject of a stream may reach all of them, if the stream allows it. With `allow_rollup_hdrs`, one message with `Nats-Rollup: all` removes every other one. With `allow_msg_schedules`, `Nats-Schedule-Target` stores a message on any other subject of the stream, `Nats-Schedule-Source` copies the last one from any, and rollups are allowed as well. Streams are made without both, buckets of keys and of objects with rollups. `nats stream edit STREAM --no-allow-rollup` takes rollups away, from a bucket of keys as well, where `purge` of a key then fails and `delete` works; schedules cannot be taken away again. Where neither will do, give each writer a stream of its own. On every stream, a message whose `Nats-Msg-Id` another writer has used within the duplicate window is dropped. `test/policy/stream-headers.test.ts` shows all of it.",
    "- Tenants that must not touch each other belong into accounts of their own.",
    "- nats.js asks for the state of the account first, which no intent gives: use `jetstreamManager(nc, { checkAPI: false })` and `jetstream(nc, { checkAPI: false })`.",
    "- nats.go and nats-py do not tell a request that it was refused: it times out, and the refusal is told to the error handler of the connection.",
    "",
    ...CASES.flatMap(sectionOf),
  ].join("\n");
}

function sectionOf(one: Case): string[] {
  const { publish, subscribe, inbox_prefix } = granted(POLICY, who(one.name));
  const heard = subscribe.filter((subject) => subject !== `${inbox_prefix}.>`);
  return [
    `## ${one.title}`,
    "",
    one.about,
    "",
    "```yaml",
    one.role,
    "```",
    "",
    "| publish | subscribe |",
    "| --- | --- |",
    ...Array.from({ length: Math.max(publish.length, heard.length) }, (_, i) =>
      `| ${code(publish[i])} | ${code(heard[i])} |`.replaceAll("|  |", "| |"),
    ),
    "",
    "| library | used as |",
    "| --- | --- |",
    ...LIBRARIES.map((library) => `| ${library} | ${one.used[library]} |`),
    "",
    `**Never:** ${one.never}`,
    "",
    "<details><summary>Refused, as tried</summary>",
    "",
    ...refusedOf(one),
    "",
    "</details>",
    "",
  ];
}

const code = (text: string | undefined) => (text === undefined ? "" : `\`${text}\``);

const refusedOf = ({ refused }: Case) =>
  [...new Set(refused.flatMap(({ on }) => on))].map((text) => `- ${code(text)}`);
