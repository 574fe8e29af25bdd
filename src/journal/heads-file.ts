import { type FileHandle, open } from "node:fs/promises";
import { readHead, type SignedHead, signatureHolds } from "./head.ts";
import { readLines } from "./lines.ts";

/** A line of a heads file is some 330 bytes: this much surely holds the end of the last whole one. */
const END_BYTES = 4096;
/** How far from its end a heads file is searched for the newest head of a writer. */
const SEARCH_BYTES = 1024 * 1024;
const NEWLINE = 10;

/**
 * Appends a head to a heads file, durably, and makes the file where there is none. Opens it anew each
 * time, so that it may be moved away, and only ever appends, so that the file system may forbid more.
 */
export async function appendHead(path: string, head: SignedHead): Promise<void> {
  const file = await open(path, "a+", 0o600);
  try {
    const begin = (await endsClean(file)) ? "" : "\n";
    await file.appendFile(`${begin}${JSON.stringify(head)}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** The newest head of this writer that this key signed. Fails where heads could not be appended. */
export async function lastHead(
  path: string,
  writer: string,
  key: string,
): Promise<SignedHead | undefined> {
  const file = await open(path, "a+", 0o600);
  const { size } = await file.stat().finally(() => file.close());
  let last: SignedHead | undefined;
  for await (const { bytes } of readLines(path, Math.max(0, size - SEARCH_BYTES))) {
    const head = readHead(bytes.toString());
    if (typeof head !== "object" || head.writer !== writer || head.key !== key) continue;
    if (head.seq >= (last?.seq ?? 0) && signatureHolds(head)) last = head;
  }
  return last;
}

/** Cuts off a line that a crash or a full disk cut short; false where that is not allowed. */
async function endsClean(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  const from = Math.max(0, size - END_BYTES);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(END_BYTES), 0, END_BYTES, from);
  const end = buffer.subarray(0, bytesRead);
  if (end.length === 0 || end.at(-1) === NEWLINE) return true;
  return file.truncate(from + end.lastIndexOf(NEWLINE) + 1).then(
    () => true,
    () => false,
  );
}
