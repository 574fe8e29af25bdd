/** One mistake in a file that a person wrote, where it stands and what to do. */
export interface Fault {
  /** A file, or the name of an environment variable. */
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly col: number;
  readonly message: string;
}

/** A path into a document: keys and indexes. */
export type Path = readonly (string | number)[];

/** Faults beyond this many are counted, not listed. */
const FAULTS_LISTED = 100;

/** What was written cannot be used. Holds every fault found, file by file, each in its order. */
export class FaultError extends Error {
  override readonly name = "FaultError";
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    const sorted = inOrder(faults);
    const lines = sorted
      .slice(0, FAULTS_LISTED)
      .map(({ file, line, col, message }) => `${file}:${line}:${col}: ${message}`);
    const more = sorted.length - lines.length;
    super([...lines, ...(more > 0 ? [`and ${more} more faults`] : [])].join("\n"));
    this.faults = sorted;
  }
}

/** A single fault about a file as a whole. */
export function wholeFile(file: string, message: string): FaultError {
  return new FaultError([{ file, line: 1, col: 1, message }]);
}

function inOrder(faults: readonly Fault[]): readonly Fault[] {
  const files = [...new Set(faults.map(({ file }) => file))];
  const place = new Map(files.map((file, i) => [file, i]));
  const at = ({ file }: Fault) => place.get(file) ?? 0;
  return [...faults].sort((a, b) => at(a) - at(b) || a.line - b.line || a.col - b.col);
}
