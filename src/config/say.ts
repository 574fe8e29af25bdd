import type { TSchema } from "typebox";
import type { TLocalizedValidationError } from "typebox/error";

interface Said {
  readonly path: readonly string[];
  readonly message: string;
}

/**
 * Turns a schema's complaints into sentences for the person who wrote the file: what is wrong and
 * what was probably meant. A schema can bring its own sentence as `errorMessage`.
 */
export function sayFault(errors: readonly TLocalizedValidationError[], schema: TSchema): Said[] {
  // A union complains once itself and once for each member: where it has a sentence, that one is enough.
  const unions = errors
    .filter((e) => e.keyword === "anyOf" && sentenceAt(schema, e.schemaPath) !== undefined)
    .map((e) => `${e.schemaPath}/anyOf/`);
  return errors
    .filter(
      (e) => e.keyword !== "boolean" && !unions.some((union) => e.schemaPath.startsWith(union)),
    )
    .flatMap((e) => sentences(e, schema));
}

function sentences(error: TLocalizedValidationError, schema: TSchema): Said[] {
  const path = error.instancePath.split("/").slice(1).map(pointerStep);
  switch (error.keyword) {
    case "additionalProperties": {
      const known = Object.keys(
        (schemaAt(schema, error.schemaPath)?.["properties"] as object) ?? {},
      );
      return error.params.additionalProperties.map((key) => ({
        path: [...path, key],
        message: `unknown key ${JSON.stringify(key)}${suggestion(key, known)}`,
      }));
    }
    case "required":
      return error.params.requiredProperties.map((key) => ({
        path,
        message: `missing key ${JSON.stringify(key)}`,
      }));
    default:
      return [{ path, message: sentenceAt(schema, error.schemaPath) ?? error.message }];
  }
}

/** The names that are written almost like this one, as a question. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = known.find(
    (name) => distance(word, name) <= Math.max(1, Math.floor(name.length / 4)),
  );
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

/** Levenshtein distance: how many letters to add, drop or change. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
