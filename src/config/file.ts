import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { DOCUMENT_LIMIT_BYTES } from "./yaml.ts";

/** The bytes of a file that a person wrote, or what is wrong with it. */
export async function readWritten(file: string): Promise<Uint8Array | { readonly fault: string }> {
  const unreadable = (error: NodeJS.ErrnoException) => ({
    fault: `cannot be read (${error.code ?? "unknown"})`,
  });
  // Without O_NONBLOCK, opening a pipe waits until somebody writes to it.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const handle = await open(file, flags).catch(unreadable);
  if ("fault" in handle) return handle;
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return { fault: "is not a file" };
    if (stat.size > DOCUMENT_LIMIT_BYTES)
      return { fault: `is larger than ${DOCUMENT_LIMIT_BYTES} bytes` };
    return await handle.readFile().catch(unreadable);
  } finally {
    await handle.close();
  }
}
