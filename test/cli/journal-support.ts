import type { Io } from "../../src/cli/index.ts";
import { openJournal } from "../../src/journal/index.ts";
import { issued, options, refused } from "../journal/support.ts";
import type { Scope } from "../support/project.ts";
import { makeDir } from "../support/service.ts";

export const NOON_MS = Date.UTC(2030, 0, 1, 12);
const MINUTE_MS = 60_000;

export const EVIL = 'sv\u001b[2Jc"\n\u009b31m\u202ex';
export const DIGEST = "0123456789abcdef".repeat(4);

/** Events a minute apart from noon on: what a busy morning looks like. */
export const MORNING = [
  { type: "policy.loaded", policy: "p".repeat(64), mode: "enforce", files: ["policy.yaml"] },
  issued("r1", {
    identity: { issuer: "corp", kind: "client", subject: "svc", digest: DIGEST },
    trace: [{ rule: "night", missed: "times" }, { rule: "orders readers" }],
    client_request_id: "theirs",
    policy: "p".repeat(64),
    user_public_key: "UABC",
  }),
  refused("r2"),
  {
    ...refused("r3"),
    code: "no_rule_matched",
    identity: { issuer: "corp", kind: "user", subject: EVIL, digest: "f".repeat(64) },
    trace: [
      { rule: "orders readers", missed: "scopes" },
      { rule: "", missed: "not listed", rules: 7 },
    ],
    detail: { hint: EVIL },
  },
] as const;

/** A journal with these events, a minute apart, closed. Resolves with its folder. */
export async function journalOf(
  scope: Scope,
  events: readonly Parameters<Awaited<ReturnType<typeof openJournal>>["record"]>[0][] = MORNING,
  writer = "main",
  dir?: string,
): Promise<string> {
  const folder = dir ?? (await makeDir(scope));
  let now_ms = NOON_MS;
  const journal = await openJournal(options(folder, { writer, now: () => now_ms }));
  for (const event of events) {
    await journal.record(event);
    now_ms += MINUTE_MS;
  }
  await journal.close();
  return folder;
}

/** What a command in this process needs to follow, and how the test ends it. */
export function interruptible(): { readonly io: Partial<Io>; interrupt(): void } {
  let interrupt = () => {};
  const stopped = new Promise<string>((resolve) => {
    interrupt = () => resolve("SIGINT");
  });
  return { io: { stopped: () => stopped, now_ms: () => NOON_MS }, interrupt };
}
