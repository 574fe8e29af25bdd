import { join } from "node:path";
import { StsError } from "../errors.ts";
import type { Words } from "../http/index.ts";
import { eventFilter, readEvents, type StoredEvent } from "../journal/index.ts";
import { type Act, authorize, type World } from "../line/index.ts";
import type { InForce } from "./in-force.ts";
import type { Standing } from "./standing.ts";

/** Events that one answer holds. */
const EVENTS_MOST = 1_000;
const EVENTS = 100;
/** How far back is looked where nothing is said: reading all of a journal is work. */
const SINCE = "1h";
const WORDS = ["identity", "code", "rule", "type", "request", "since", "until", "last"];

/** What administrators can do here. */
export interface Administration {
  /** @throws StsError as verification does, `admin_not_granted`, `request_invalid`, `overloaded` */
  journal(act: Pick<Act, "token" | "asked">, words: Words): Promise<readonly StoredEvent[]>;
}

/**
 * Reads the journal for those whom the policy lets. One at a time: whoever reads for long must not
 * take the time of those who want credentials.
 *
 * @param audience what tokens for administration carry
 */
export function administration(
  current: () => InForce,
  standing: Standing,
  audience: string,
): Administration {
  let busy = false;
  return {
    async journal(act, words) {
      const { loaded, world } = current();
      const accounts = await authorize(
        { ...act, can: "journal", wish: words },
        administered(world, audience),
      );
      const query = queryOf(words, standing.effects.now_ms());
      const all = loaded.config.accounts.every(({ name }) => accounts.includes(name));
      const { journal } = loaded.config;
      if (journal === "stdout") throw new StsError("not_found");
      if (busy) throw new StsError("overloaded", { limit: "readers of the journal" });
      busy = true;
      try {
        const fits = (event: StoredEvent) => query.fits(event) && visible(event, accounts, all);
        const events = await collect(join(journal.dir, journal.writer), { ...query, fits });
        return all ? events : events.map((event) => withoutOthers(event, accounts));
      } finally {
        busy = false;
      }
    },
  };
}

/** The same world, in which tokens must be for administration. What is bound to a key is refused. */
function administered(world: World, audience: string): World {
  const { proofs, nonces, ...verifier } = world.verifier;
  const issuers = [...world.verifier.issuers].map(
    ([url, issuer]) => [url, { ...issuer, audience: [audience] }] as const,
  );
  return { ...world, verifier: { ...verifier, issuers: new Map(issuers) } };
}

/** @throws StsError `request_invalid` with what is wrong, for the operator */
function queryOf(words: Words, now_ms: number) {
  const invalid = (reason: string) => new StsError("request_invalid", { reason });
  const unknown = Object.keys(words).find((word) => !WORDS.includes(word));
  if (unknown !== undefined) throw invalid("an unknown word in the query");
  const { last: count = String(EVENTS), ...rest } = words;
  const last = /^[1-9][0-9]{0,3}$/.test(count) ? Number(count) : Number.NaN;
  if (!(last <= EVENTS_MOST)) throw invalid(`last must be 1 to ${EVENTS_MOST}`);
  const filter = eventFilter({ since: SINCE, ...rest }, now_ms);
  if ("fault" in filter) throw invalid(`${filter.word}${filter.fault}`);
  return { ...filter, last };
}

/** What belongs to no account may tell of any: only who administers all of them sees it. */
function visible(event: StoredEvent, accounts: readonly string[], all: boolean): boolean {
  return all || ("account" in event && accounts.includes(event.account ?? ""));
}

/** The same event without the rules that missed, and without a trial, where these tell of other accounts. */
function withoutOthers(event: StoredEvent, accounts: readonly string[]): StoredEvent {
  if (!("trace" in event || "audit" in event)) return event;
  const { trace, audit, ...rest } = event;
  const own = audit && (audit.account === undefined || accounts.includes(audit.account));
  return {
    ...rest,
    ...(trace && { trace: trace.filter(({ missed }) => missed === undefined) }),
    ...(own && { audit }),
  };
}

async function collect(folder: string, query: Parameters<typeof readEvents>[1]) {
  const events: StoredEvent[] = [];
  const heard = { fault: () => {}, reached: () => {} }; // journal verify is for that
  for await (const event of readEvents(folder, query, heard)) events.push(event);
  return events;
}
