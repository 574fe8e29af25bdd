import type { TSchema } from "typebox";
import type { TLocalizedValidationError } from "typebox/error";

/** Nothing that we know has a longer name, in characters. */
const WORD_LIMIT = 64;

/** A complaint in words, and where the value stands (or should). */
export interface Said {
  readonly path: readonly string[];
  readonly message: string;
}

/**
 * Turns a schema's complaints into sentences for the person who wrote the file: what is wrong and
 * what was probably meant. A schema can bring its own sentence as `errorMessage`.
 */
export function sayFault(
  errors: readonly TLocalizedValidationError[],
  schema: TSchema,
  value: unknown,
): Said[] {
  const unions = errors.filter((e) => e.keyword === "anyOf");
  const muted = new Set(unions.flatMap((union) => needless(union, errors, schema)));
  return errors.filter((e) => !muted.has(e)).flatMap((e) => sentences(e, schema, value));
}

/**
 * A union complains once itself and once for each member. Where the value is a map and one member alone
 * takes maps, what that says is enough; otherwise the union's own sentence is, where it has one.
 */
function needless(
  union: TLocalizedValidationError,
  errors: readonly TLocalizedValidationError[],
  schema: TSchema,
): TLocalizedValidationError[] {
  if (sentenceAt(schema, union.schemaPath) === undefined) return [];
  const { instancePath: at } = union;
  const below = `${union.schemaPath}/anyOf/`;
  const inner = errors.filter(
    (e) => e.schemaPath.startsWith(below) && `${e.instancePath}/`.startsWith(`${at}/`),
  );
  const memberOf = (e: TLocalizedValidationError) =>
    e.schemaPath.slice(below.length).split("/")[0] ?? "";
  const isMisfit = (e: TLocalizedValidationError) =>
    e.instancePath === at && MISFITS.includes(e.keyword);
  const misfits = new Set(inner.filter(isMisfit).map(memberOf));
  const isMap = (member: string) => schemaAt(schema, below + member)?.["type"] === "object";
  const meant = new Set(inner.map(memberOf).filter((m) => !misfits.has(m) && isMap(m)));
  return meant.size === 1 ? [union, ...inner.filter((e) => !meant.has(memberOf(e)))] : inner;
}

/** Complaints that a value is of another sort altogether. */
const MISFITS: readonly string[] = ["type", "const", "enum", "anyOf"];

function sentences(error: TLocalizedValidationError, schema: TSchema, value: unknown): Said[] {
  const path = error.instancePath.split("/").slice(1).map(pointerStep);
  switch (error.keyword) {
    case "additionalProperties": // told key by key, as the schema `false` of each
      return [];
    case "boolean": {
      const [key = "", holder = ""] = [path.at(-1), error.schemaPath.replace(/\/[^/]*$/, "")];
      const known = Object.keys((schemaAt(schema, holder)?.["properties"] as object) ?? {});
      return [{ path, message: `unknown key ${quoted(key)}${suggestion(key, known)}` }];
    }
    case "required":
      return error.params.requiredProperties
        .filter(
          (key) =>
            schemaAt(schema, `${error.schemaPath}/properties/${key}`)?.["default"] === undefined,
        )
        .map((key) => ({ path: [...path, key], message: `missing key ${JSON.stringify(key)}` }));
    case "enum": {
      const meant = nearest(String(at(value, path)), error.params.allowedValues.map(String));
      const guess = meant === undefined ? "" : `: did you mean ${JSON.stringify(meant)}?`;
      const message = sentenceAt(schema, error.schemaPath) ?? plainly(error);
      return [{ path, message: `${message}${guess}` }];
    }
    default:
      return [{ path, message: sentenceAt(schema, error.schemaPath) ?? plainly(error) }];
  }
}

/** What a document holds at a path. */
const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce((each, step) => (each as Record<string, unknown> | undefined)?.[step], value);

const TYPES: Readonly<Record<string, string>> = {
  object: "must be a map: lines of key: value",
  array: "must be a list",
  string: "must be a text",
  boolean: "must be true or false",
  integer: "must be a whole number",
  number: "must be a number",
};

/** A complaint in the words of people who write YAML. */
function plainly(error: TLocalizedValidationError): string {
  switch (error.keyword) {
    case "type":
      return TYPES[String(error.params.type)] ?? error.message;
    case "minItems":
      return `must have at least ${error.params.limit} of them`;
    case "minLength":
      return "must not be empty";
    case "minimum":
      return `must be at least ${error.params.limit}`;
    case "maximum":
      return `must be at most ${error.params.limit}`;
    default:
      return error.message;
  }
}

/** A key as it was written; of a long one, the beginning. */
const quoted = (key: string) =>
  JSON.stringify(key.length > WORD_LIMIT ? `${key.slice(0, WORD_LIMIT)}…` : key);

/** The name that is written almost like this one: the nearest of those that are near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > WORD_LIMIT) return undefined;
  const near = known
    .map((name) => ({ name, off: distance(word, name) }))
    .filter(({ name, off }) => off <= Math.max(1, Math.floor(name.length / 4)));
  return near.sort((a, b) => a.off - b.off)[0]?.name;
}

/** What was probably meant, as a question; otherwise what could have been. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  if (near !== undefined) return `: did you mean ${JSON.stringify(near)}?`;
  return known.length > 0 ? `; known here: ${known.join(", ")}` : "";
}

function sentenceAt(schema: TSchema, path: string): string | undefined {
  const sentence = schemaAt(schema, path)?.["errorMessage"];
  return typeof sentence === "string" ? sentence : undefined;
}

/** Follows a `#/properties/a/items` path into a schema. */
function schemaAt(schema: TSchema, path: string): Record<string, unknown> | undefined {
  let at: unknown = schema;
  for (const step of path.split("/").slice(1)) {
    at = (at as Record<string, unknown> | undefined)?.[pointerStep(step)];
  }
  return at as Record<string, unknown> | undefined;
}

/** RFC 6901 §4. */
const pointerStep = (step: string) => step.replaceAll("~1", "/").replaceAll("~0", "~");

/** Damerau's distance: how many letters to add, drop, change or swap with the next one. */
function distance(a: string, b: string): number {
  let [before, row]: number[][] = [[], Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row?.[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? (before?.[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(change, swap, (row?.[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    [before, row] = [row, next];
  }
  return row?.[b.length] ?? 0;
}
