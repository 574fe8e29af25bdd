import type { Static, TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { Settings } from "typebox/system";
import { Default } from "typebox/value";
import { isMap, LineCounter, type Node, parseDocument } from "yaml";
import { sayFault } from "./say.ts";

/** One mistake in a file that a person wrote, where it stands and what to do. */
export interface Fault {
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly col: number;
  readonly message: string;
}

/** What was written cannot be used. Holds every fault found, in the order of the file. */
export class FaultError extends Error {
  override readonly name = "FaultError";
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(
      faults.map(({ file, line, col, message }) => `${file}:${line}:${col}: ${message}`).join("\n"),
    );
    this.faults = faults;
  }
}

/** A path into a document: keys and indexes. */
export type Path = readonly (string | number)[];

/** A file that fits its schema, with the means to say where in it something stands. */
export interface Document<T> {
  readonly value: T;
  /** A fault at the node of this path, or at the nearest that exists above it. */
  fault(path: Path, message: string): Fault;
}

/** Larger files are refused before they are parsed. */
export const DOCUMENT_LIMIT_BYTES = 16 * 1024 * 1024;
/** Faults beyond this many are counted, not listed. */
const FAULTS_LISTED = 100;
/** TypeBox stops at 8 complaints unless told otherwise; one value that fits no union makes as many. */
const COMPLAINTS_LIMIT = 10_000;

/**
 * Reads YAML strictly (YAML 1.2 core schema, no aliases, no custom tags, no duplicate keys) and
 * checks it against a schema, in which unknown keys are faults.
 *
 * @throws {@link FaultError} with every fault and its position.
 */
export function readDocument<S extends TSchema>(
  text: string,
  file: string,
  schema: S,
): Document<Static<S>> {
  const whole = (message: string) => new FaultError([{ file, line: 1, col: 1, message }]);
  if (Buffer.byteLength(text) > DOCUMENT_LIMIT_BYTES) {
    throw whole(`is larger than ${DOCUMENT_LIMIT_BYTES} bytes`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, version: "1.2" });
  const broken = [...document.errors, ...document.warnings].map(({ message, pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    return { file, line, col, message: message.split(/ at line \d/)[0] ?? message };
  });
  if (broken.length > 0) throw new FaultError(broken);

  const fault = (path: Path, message: string): Fault => {
    const { line, col } = lines.linePos(offsetOf(document.contents, path));
    return { file, line, col, message };
  };
  let value: unknown;
  try {
    value = Default(schema, document.toJS({ maxAliasCount: 0 }));
  } catch {
    throw whole("YAML aliases are not supported: write the value out where it is used");
  }
  const check: Validator = Compile(schema);
  if (!check.Check(value)) throw new FaultError(faultsOf(check, value, schema, fault));
  return { value: value as Static<S>, fault };
}

function faultsOf(
  check: Validator,
  value: unknown,
  schema: TSchema,
  fault: Document<unknown>["fault"],
): Fault[] {
  const said = sayFault(complaintsOf(check, value), schema);
  const faults = said.map(({ path, message }) => fault(path, message));
  faults.sort((a, b) => a.line - b.line || a.col - b.col);
  const more = faults.length - FAULTS_LISTED;
  return more > 0
    ? [...faults.slice(0, FAULTS_LISTED), fault([], `and ${more} more faults`)]
    : faults;
}

function complaintsOf(check: Validator, value: unknown) {
  const { maxErrors } = Settings.Get();
  Settings.Set({ maxErrors: COMPLAINTS_LIMIT });
  try {
    return [...check.Errors(value)];
  } finally {
    Settings.Set({ maxErrors });
  }
}

/** The offset of the key (or item) that a path names; of the nearest one above it where it is absent. */
function offsetOf(root: Node | null, path: Path): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(key) === String(step));
      if (!pair) return offset;
      offset = (pair.key as Node | null)?.range?.[0] ?? offset;
      node = pair.value;
    } else {
      node = (node as { items?: unknown[] } | null)?.items?.[Number(step)];
      if (!node) return offset;
      offset = (node as Node).range?.[0] ?? offset;
    }
  }
  return offset;
}
