import { createReadStream } from "node:fs";
import { LINE_LIMIT_BYTES } from "./chain.ts";

/** A line of a file, without its newline. */
export interface Line {
  /** Counts from 1. */
  readonly number: number;
  /** Where it begins in the file. */
  readonly offset: number;
  readonly length_bytes: number;
  /** Its content; only the first part of a line over the limit. */
  readonly bytes: Buffer;
  /** False for a last line without a newline. */
  readonly ended: boolean;
}

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 10;

/**
 * The lines of a file from an offset on, streamed: never more than a chunk and a line in memory,
 * however long it is. Their numbers count from there.
 */
export async function* readLines(path: string, from_offset = 0): AsyncGenerator<Line> {
  let number = 1;
  let offset = from_offset;
  let pieces: Buffer[] = [];
  let length_bytes = 0;
  const add = (piece: Buffer) => {
    if (length_bytes < LINE_LIMIT_BYTES) pieces.push(piece);
    length_bytes += piece.length;
  };
  const take = (ended: boolean): Line => {
    const bytes = pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
    const line = { number, offset, length_bytes, bytes, ended };
    number += 1;
    offset += length_bytes + 1;
    pieces = [];
    length_bytes = 0;
    return line;
  };

  for await (const read of createReadStream(path, {
    start: from_offset,
    highWaterMark: CHUNK_BYTES,
  })) {
    const chunk = read as Buffer; // A stream without an encoding gives buffers.
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, end));
      yield take(true);
      from = end + 1;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (length_bytes > 0) yield take(false);
}
