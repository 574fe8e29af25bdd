import { readHead, type SignedHead, signatureHolds } from "./head.ts";
import { readLines } from "./lines.ts";

/** A head in a file, and its line. */
export interface KeptHead {
  readonly head: SignedHead;
  readonly line: number;
}

/** What a file of heads holds, by writer, in the order of the file. */
export interface KeptHeads {
  readonly file: string;
  readonly writers: ReadonlyMap<string, readonly KeptHead[]>;
  /** The keys that signed them. */
  readonly keys: readonly string[];
  /** Whether these are keys that the caller named; otherwise the file alone says whose they are. */
  readonly keys_known: boolean;
  /** `file:line: what is wrong`. A head with a fault vouches for nothing, and is not among the above. */
  readonly faults: readonly string[];
}

/** Faults of one file that are told; more say nothing new. */
const FAULTS_LISTED = 100;

/**
 * Reads heads that were kept: a heads file, or a log of the service with their lines in it.
 *
 * @param known_keys public keys (`N…`) that may have signed; where none is named, one key must have
 *   signed them all, and the file alone says which
 */
export async function readKeptHeads(
  file: string,
  known_keys: readonly string[] = [],
): Promise<KeptHeads> {
  const writers = new Map<string, KeptHead[]>();
  const keys = new Set<string>();
  const faults: string[] = [];
  for await (const { number, bytes, ended } of readLines(file)) {
    const text = bytes.toString().trim();
    const head = text === "" ? "other" : readHead(text);
    if (head === "other") continue;
    if (!head && !ended) continue; // It is being written just now, or a crash cut it short.
    const fault = head
      ? faultOf(head, known_keys, keys)
      : "is not a journal head: it was changed, or is no line of a heads file or log";
    if (fault !== undefined) faults.push(`${file}:${number}: ${fault}`);
    if (!head || fault !== undefined) continue;
    keys.add(head.key);
    const kept = writers.get(head.writer);
    if (kept) kept.push({ head, line: number });
    else writers.set(head.writer, [{ head, line: number }]);
  }
  const keys_known = known_keys.length > 0;
  return { file, writers, keys: [...keys], keys_known, faults: shortened(faults) };
}

function faultOf(
  head: SignedHead,
  known_keys: readonly string[],
  seen: ReadonlySet<string>,
): string | undefined {
  if (!signatureHolds(head)) return "its signature does not fit: this head was changed";
  if (known_keys.length > 0) {
    return known_keys.includes(head.key)
      ? undefined
      : `is signed by ${head.key}, which is none of the keys that --head-key names`;
  }
  return seen.size === 0 || seen.has(head.key)
    ? undefined
    : `is signed by ${head.key}, the heads above by another key: if the key was changed on purpose, name both with --head-key`;
}

function shortened(faults: readonly string[]): string[] {
  if (faults.length <= FAULTS_LISTED) return [...faults];
  const more = faults.length - FAULTS_LISTED;
  return [...faults.slice(0, FAULTS_LISTED), `and ${more} more faults`];
}
