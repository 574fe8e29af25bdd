import { hash } from "node:crypto";

/** The last line of a chain: what the next one continues. */
export interface Head {
  readonly seq: number;
  /** SHA-256 hex of the line without its newline. */
  readonly hash: string;
}

/** What the first line ever continues. */
export const GENESIS: Head = { seq: 0, hash: "0".repeat(64) };

/** No line of the journal is longer, its envelope and newline included. */
export const LINE_LIMIT_BYTES = 1024 * 1024;
/** No envelope is longer: 16 digits, a time, 32 letters of writer, 64 of hash, the type, the keys. */
export const ENVELOPE_LIMIT_BYTES = 320;

/** An event that waits for its place in the chain. */
export interface Unsealed {
  readonly at: string;
  readonly type: string;
  /** The other members as JSON, without the braces around them. */
  readonly body: string;
}

/** Gives an event its place: the line, without a newline, and the head that it makes. */
export function seal(event: Unsealed, writer: string, head: Head): { line: string; head: Head } {
  const seq = head.seq + 1;
  const { at, type, body } = event;
  const envelope = `"seq":${seq},"at":"${at}","writer":"${writer}","type":"${type}","prev":"${head.hash}"`;
  const line = body === "" ? `{${envelope}}` : `{${envelope},${body}}`;
  return { line, head: { seq, hash: hashLine(line) } };
}

/** SHA-256 hex of a line without its newline. */
export function hashLine(line: string | Buffer): string {
  return hash("sha256", line, "hex");
}
