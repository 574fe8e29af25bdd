import { isUtf8 } from "node:buffer";
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  type YAMLError,
} from "yaml";
import { type Fault, FaultError, type Path, wholeFile } from "./fault.ts";

/** What a YAML file says, and where in it. */
export interface Written {
  readonly value: unknown;
  /** Where this path stands; where it is absent, the nearest that exists above it. */
  place(path: Path): { readonly line: number; readonly col: number };
  has(path: Path): boolean;
}

/** Larger files are refused before they are parsed. */
export const DOCUMENT_LIMIT_BYTES = 16 * 1024 * 1024;
/** Nothing that a person writes is nested like this; reading it is recursive. */
const DEPTH_LIMIT = 64;

/** A seed of whatever kind: secrets are named by their file, so that no answer or log can show them. */
const SEED = /\bS[ACNOUX][A-Z2-7]{56}\b/;

const DEEP = `is nested more than ${DEPTH_LIMIT} deep`;

/**
 * Reads YAML strictly (YAML 1.2 core schema): no aliases, tags, directives, duplicate keys or keys
 * that are not text, and nothing that is not UTF-8. Seeds are refused wherever they stand.
 *
 * @throws FaultError with every fault of that sort. None of them repeats what the file says.
 */
export function readYaml(source: string | Uint8Array, file: string): Written {
  if (Buffer.byteLength(source) > DOCUMENT_LIMIT_BYTES)
    throw wholeFile(file, `is larger than ${DOCUMENT_LIMIT_BYTES} bytes`);
  const text = typeof source === "string" ? source : textOf(source, file);
  const lines = new LineCounter();
  const document = parse(text, file, lines);
  const faults: Fault[] = [];
  const say = (offset: number, message: string) => {
    faults.push({ file, ...lines.linePos(offset), message });
  };
  for (const error of told([...document.errors, ...document.warnings]))
    say(error.pos[0], sentence(error));
  if (document.directives?.yaml.explicit) say(0, "YAML directives are not supported");
  if (faults.length === 0) lookAt(document.contents, 1, say);
  if (faults.length > 0) throw new FaultError(faults);
  return {
    value: document.toJS({ maxAliasCount: 0 }),
    place: (path) => lines.linePos(locate(document.contents, path).offset),
    has: (path) => locate(document.contents, path).found,
  };
}

function parse(text: string, file: string, lineCounter: LineCounter): Document.Parsed {
  try {
    const document = parseDocument(text, {
      lineCounter,
      version: "1.2",
      stringKeys: true,
      uniqueKeys: false, // looked at below: theirs takes quadratic time
      prettyErrors: false, // they would quote the file
    });
    if (!document.errors.some(({ message }) => message.includes("call stack"))) return document;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw wholeFile(file, DEEP);
}

/** Better words than the parser's. */
const SENTENCES: Readonly<Record<string, string>> = {
  TAG_RESOLVE_FAILED: "YAML tags are not supported",
  NON_STRING_KEY: "a key must be a text",
  MULTIPLE_DOCS: "a second document begins here: a file holds one",
  BAD_DQ_ESCAPE: "is not YAML: a backslash in double quotes begins no escape that there is",
  BAD_DIRECTIVE: "YAML directives are not supported",
};

/** By how the parser's sentence begins: what a person has probably written. */
const PLAINLY: Readonly<Record<string, string>> = {
  "Nested mappings are not allowed":
    "a second key in a line: is a { missing before it, or should it begin a line of its own?",
  "Implicit keys need to be on":
    "is no key with a value: is the colon missing, or the blank behind it?",
  "All mapping items must start": "begins further left or right than the keys above it",
  "All sequence items must start": "begins further left or right than the items above it",
  "A block sequence may not be": "an item of a list stands where a key belongs",
  "Flow sequence in block": "a list that begins with [ does not end with ]",
  "Flow map in block": "a map that begins with { does not end with }",
  "Unexpected flow-map-end": "a } without its {",
  "Unexpected flow-seq-end": "a ] without its [",
  'Missing closing "quote': "a text that begins with a quote does not end with one",
  "Missing closing 'quote": "a text that begins with a quote does not end with one",
  "Tabs are not allowed": "a tab indents this line: only blanks may",
};

/** In our words, or else in the parser's without what it quotes from the file. */
function sentence({ code, message }: YAMLError): string {
  const plain = Object.entries(PLAINLY).find(([begin]) => message.startsWith(begin));
  return SENTENCES[code] ?? `is not YAML: ${plain?.[1] ?? message.split(":")[0]}`;
}

/** After the first fault in its grammar, the parser takes most of what follows for another. */
function told(errors: readonly YAMLError[]): readonly YAMLError[] {
  const grammar = errors.filter(({ code }) => SENTENCES[code] === undefined);
  const [first] = grammar.sort((a, b) => a.pos[0] - b.pos[0]);
  return first ? [first] : errors;
}

/** Finds what is valid YAML and still refused. */
function lookAt(
  node: unknown,
  depth: number,
  say: (offset: number, message: string) => void,
): void {
  const refuse = (what: Node, message: string) => say(what.range?.[0] ?? 0, message);
  if (isAlias(node))
    refuse(node, "YAML aliases are not supported: write the value out where it is used");
  if (!isScalar(node) && !isCollection(node)) return;
  if (node.tag !== undefined) refuse(node, "YAML tags are not supported");
  if (isScalar(node)) {
    if (typeof node.value === "string" && SEED.test(node.value))
      refuse(node, "holds the seed of a key: put it into a file of mode 0600 and name that file");
    return;
  }
  if (depth > DEPTH_LIMIT) {
    refuse(node, DEEP);
    return;
  }
  const keys = new Set<unknown>();
  for (const item of node.items) {
    if (!isPair(item)) {
      lookAt(item, depth + 1, say);
      continue;
    }
    const { key, value } = item as { key: ParsedNode; value: unknown }; // a parsed pair has a key
    const name = isScalar(key) ? key.value : undefined;
    if (keys.has(name)) refuse(key, "Map keys must be unique: this one stands above already");
    keys.add(name);
    lookAt(key, depth + 1, say);
    lookAt(value, depth + 1, say);
  }
}

/** The offset of the key (or item) that a path names; of the nearest one above it where it is absent. */
function locate(root: Node | null, path: Path): { offset: number; found: boolean } {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === String(step));
      if (!pair) return { offset, found: false };
      offset = (pair.key as Node).range?.[0] ?? offset; // found by its key
      node = pair.value;
    } else {
      const item = isCollection(node) ? node.items[Number(step)] : undefined;
      if (!item) return { offset, found: false };
      offset = (item as Node).range?.[0] ?? offset; // a list's items are nodes
      node = item;
    }
  }
  return { offset, found: true };
}

/** A replacement character could make two different names the same, so nothing is replaced. */
function textOf(bytes: Uint8Array, file: string): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  if (isUtf8(bytes)) return text;
  // A line feed is never part of a longer UTF-8 sequence, so each line can be read by itself.
  for (let line = 1, start = 0; ; line++) {
    const feed = bytes.indexOf(0x0a, start);
    const part = bytes.subarray(start, feed < 0 ? bytes.length : feed);
    if (!isUtf8(part)) {
      const col = Buffer.from(part).toString("utf8").indexOf("\uFFFD") + 1;
      throw new FaultError([{ file, line, col, message: "is not UTF-8" }]);
    }
    if (feed < 0) return text;
    start = feed + 1;
  }
}
