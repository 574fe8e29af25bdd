import { Type } from "typebox";

/** Unknown keys are faults. */
export const strict = { additionalProperties: false };

/** A name that files, rules and labels share. */
export const name = (what: string, description: string) =>
  Type.String({
    description,
    pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$",
    errorMessage: `must be ${what}: 1 to 64 letters, digits, - or _, beginning with a letter or digit`,
  });

/** A path, relative to the file that names it. */
export const Path = (description: string) =>
  Type.String({
    pattern: "^[^\\x00-\\x1f\\x7f]{1,4096}$",
    errorMessage: "must be a path, in one line",
    description,
  });
