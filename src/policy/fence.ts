import type { IncludeFile } from "./schema.ts";
import type { Template } from "./slot.ts";
import { covers, parseSubject, type Subject } from "./subject.ts";

/** What the root file lets an included file permit. Accounts and issuers are kept apart. */
export interface Fence {
  readonly subjects: readonly Subject[];
  readonly streams: readonly string[];
}

/** The fence of a file. Subjects that are none are left out: they are faults of the root file. */
export function fenceOf({ subjects = [], streams = [] }: IncludeFile): Fence {
  const parsed = subjects.flatMap((text) => {
    const subject = parseSubject(text, "publish");
    return "fault" in subject ? [] : [subject];
  });
  return { subjects: parsed, streams };
}

/**
 * Whether whatever fills the slots of a template stays inside. A slot stands for any one token, which
 * only a wildcard of the fence covers.
 */
export function inside(fence: Fence | undefined, { subject }: Pick<Template, "subject">): boolean {
  return !fence || fence.subjects.some((one) => covers(one, subject));
}
