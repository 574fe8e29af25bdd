import { readEvents, type StoredEvent, writerFolders } from "../../journal/index.ts";
import type { Journaled } from "../../policy/index.ts";
import { UsageError } from "./load.ts";
import { gatherTried } from "./tried.ts";

/** Identities that are looked at; those that came last. */
const IDENTITIES_LIMIT = 10_000;

/**
 * The identities in a journal, each as it was decided last; by this policy, if it ever was. And what came
 * of trying another policy meanwhile.
 *
 * @param policy digest of the policy whose traces tell the most
 * @param tried digest of the other one
 */
export async function identitiesIn(dir: string, policy: string, tried: string) {
  const folders = await writerFolders(dir).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${dir} cannot be read (${error.code ?? "unknown"})`);
  });
  if (folders.length === 0) throw new UsageError(`${dir} holds no journal`);
  const found = new Map<string, Journaled>();
  const faults: string[] = [];
  const gathered = gatherTried(policy, tried);
  const query = { fits: isTold };
  const heard = { fault: (said: string) => void faults.push(said), reached: () => {} };
  for (const folder of folders) {
    const gather = gathered.writer();
    for await (const event of readEvents(folder, query, heard)) {
      gather(event);
      const who = journaledIn(event);
      if (!who || (found.get(who.digest)?.policy === policy && who.policy !== policy)) continue;
      found.delete(who.digest); // the newest stands last
      found.set(who.digest, who);
      if (found.size <= IDENTITIES_LIMIT) continue;
      for (const oldest of found.keys()) {
        found.delete(oldest);
        break;
      }
    }
  }
  return { identities: [...found.values()], faults, tried: gathered.tried() };
}

const TOLD: readonly string[] = ["credential.issued", "credential.refused", "policy.loaded"];
const isTold = ({ type }: StoredEvent) => TOLD.includes(type);

function journaledIn(event: StoredEvent): Journaled | undefined {
  if (event.type !== "credential.issued" && event.type !== "credential.refused") return undefined;
  const { identity, policy, trace } = event;
  if (!identity) return undefined;
  const { issuer, kind, subject, digest } = identity;
  return {
    ...{ issuer, kind, subject, digest },
    ...(policy !== undefined && { policy }),
    ...(trace && { trace }),
  };
}
