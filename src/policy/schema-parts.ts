import { type TSchema, Type } from "typebox";

/** Longer lists are faults: whatever is written once is gone through at every request. */
export const LIST_LIMIT = 1000;

/** A map with no keys but those named. */
export const closed = { additionalProperties: false } as const;

/**
 * A map whose keys people choose. `Type.Record(Type.String())` would take keys with a line break for
 * unknown ones and leave their values unchecked.
 */
export const mapOf = <T extends TSchema>(
  value: T,
  options: { description: string; minProperties?: number; errorMessage: string },
) => Type.Record(Type.String({ pattern: "^" }), value, options);

/** At least one, and not too many. */
export const listOf = <T extends TSchema>(
  item: T,
  options: { description?: string; errorMessage?: string } = {},
) => Type.Array(item, { minItems: 1, maxItems: LIST_LIMIT, ...options });

/** Several texts; none at all would be a criterion that says nothing. */
export const texts = (description: string, what: string) =>
  listOf(Type.String({ minLength: 1, errorMessage: `must be ${what}` }), {
    description,
    errorMessage: `must be a list of at least one and at most ${LIST_LIMIT}`,
  });

/** One text, or several of which one counts. */
export const textOrTexts = (description: string, what: string) =>
  Type.Union([Type.String({ minLength: 1 }), listOf(Type.String({ minLength: 1 }))], {
    description,
    errorMessage: `must be a ${what} or a list of ${what}s, at least one`,
  });

/** Something that is off unless it is switched on. */
export const flag = (description: string) =>
  Type.Boolean({ default: false, description, errorMessage: "must be true or false" });

/** The name of a stream, bucket, consumer or service: one token, and never a pattern. */
export const token = (what: string) =>
  Type.String({
    pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$",
    description: `The name of the ${what}.`,
    errorMessage: `must be the name of one ${what}: letters, digits, - and _`,
  });

/** A whole number of at least 1. */
export const limit = (description: string, maximum: number = Number.MAX_SAFE_INTEGER) =>
  Type.Integer({
    minimum: 1,
    maximum,
    description,
    errorMessage:
      maximum === Number.MAX_SAFE_INTEGER
        ? "must be a whole number of at least 1"
        : `must be a whole number from 1 to ${maximum}`,
  });
