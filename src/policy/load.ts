import { createHash } from "node:crypto";
import { FaultError, readDocument } from "../config/index.ts";
import { compile } from "./compile.ts";
import type { Policy, PolicyContext } from "./policy.ts";
import { PolicyFile } from "./schema.ts";

/** A file of the policy as it was read. */
export interface PolicySource {
  /** Relative to the root file's folder: it goes into the digest and in front of every fault. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads, checks and compiles a policy. It is used as a whole or not at all.
 *
 * @throws FaultError with every fault and its position.
 */
export function loadPolicy(sources: readonly PolicySource[], context: PolicyContext): Policy {
  const files = [...sources].sort((a, b) => (a.path < b.path ? -1 : 1));
  const [root, second] = files;
  if (!root) throw new RangeError("a policy has at least one file");
  if (second) throw fault(second.path, 1, "a policy of several files is not supported");
  const document = readDocument(textOf(root), root.path, PolicyFile);
  return {
    digest: digestOf(files),
    files: files.map(({ path }) => path),
    ...compile(document, context),
    max_ttl_s: context.max_ttl_s,
  };
}

/** SHA-256 hex over (path, NUL, bytes, NUL) of each file, in the order given. */
function digestOf(files: readonly PolicySource[]): string {
  const hash = createHash("sha256");
  for (const { path, bytes } of files) hash.update(path).update("\0").update(bytes).update("\0");
  return hash.digest("hex");
}

/** UTF-8 and nothing else: a replacement character could make two different names the same. */
function textOf({ path, bytes }: PolicySource): string {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  try {
    return utf8.decode(bytes);
  } catch {
    throw fault(path, brokenLine(bytes), "is not UTF-8");
  }
}

/** A line feed is never part of a longer UTF-8 sequence, so each line can be read by itself. */
function brokenLine(bytes: Uint8Array): number {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const feed = bytes.indexOf(0x0a, start);
    const end = feed < 0 ? bytes.length : feed + 1;
    try {
      utf8.decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end;
  }
  return line;
}

const fault = (file: string, line: number, message: string) =>
  new FaultError([{ file, line, col: 1, message }]);
