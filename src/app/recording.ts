import type { FastifyBaseLogger } from "fastify";
import type { JournalEvent } from "../journal/index.ts";
import type { World } from "../line/index.ts";
import { countDecision } from "./measures.ts";
import type { Standing } from "./standing.ts";

/** The journal, as the line uses it: what it is told is counted, and refusals are logged. */
export function recording({
  journal,
  metrics,
  effects: { log },
}: Standing): Pick<World, "record" | "note"> {
  return {
    async record(event: JournalEvent) {
      await journal.record(event);
      countDecision(metrics, event);
      logRefusal(log, event);
    },
    note(event: JournalEvent) {
      countDecision(metrics, event); // also where the journal has no room for it
      logRefusal(log, event);
      return journal.note(event);
    },
  };
}

/** Why a request was refused, under its id: as the journal has it, for those who look into the log. */
function logRefusal(log: FastifyBaseLogger, event: JournalEvent): void {
  if (event.type !== "credential.refused") return;
  const { request_id, code, detail, identity, policy, trace } = event;
  log.info({ request_id, code, detail, identity: identity?.digest, policy, trace }, "refused");
}
