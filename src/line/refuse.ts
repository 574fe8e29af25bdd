import { type ErrorCode, StsError } from "../errors.ts";
import type { Refused } from "../journal/index.ts";
import type { Entry } from "./entry.ts";
import type { World } from "./world.ts";

/**
 * The one path of every refusal, those before the line included. A verified identity hears of it
 * only once it is on disk; what anybody without a token can cause is noted, up to a limit.
 *
 * @returns what the caller is told
 */
export async function refuse(
  error: unknown,
  entry: Entry,
  world: Pick<World, "record" | "note">,
): Promise<StsError> {
  const refusal =
    error instanceof StsError ? error : new StsError("internal", {}, { cause: error });
  const { code, detail } = refusal;
  const event: Refused = { ...entry, type: "credential.refused", code, detail };
  if (!entry.identity || NOTED.includes(code)) {
    world.note(event);
    return refusal;
  }
  return world.record(event).then(
    () => refusal,
    (failed) =>
      failed instanceof StsError
        ? failed
        : new StsError("journal_unavailable", {}, { cause: failed }),
  );
}

/** What one caller can cause without end, or what says itself that nothing can be recorded. */
const NOTED: readonly ErrorCode[] = ["rate_limited", "journal_unavailable"];
