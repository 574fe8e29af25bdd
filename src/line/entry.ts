import { createHash } from "node:crypto";
import type { Asked, Refused } from "../journal/index.ts";

/** What is known of one request so far, for the journal. */
export type Entry = {
  -readonly [K in keyof Omit<Refused, "type" | "code" | "detail">]: Refused[K];
};

/** What is known as soon as somebody comes with a token. */
export function entryOf({ asked, token }: { asked: Asked; token: string }): Entry {
  return { ...asked, token_sha256: createHash("sha256").update(token).digest("hex") };
}
