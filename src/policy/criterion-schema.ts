import { type Static, Type } from "typebox";
import { closed, listOf } from "./schema-parts.ts";

const text = Type.String({ maxLength: 4096 });
// Beyond ±(2^53-1) different numbers in a token become the same one, so none can be told from others.
const number = Type.Number({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });
const ScalarFile = Type.Union([text, number, Type.Boolean()]);
export type Scalar = Static<typeof ScalarFile>;
const OneOrMore = Type.Union([ScalarFile, listOf(ScalarFile)]);

const glob = Type.String({ minLength: 1, maxLength: 256 });
const domain = Type.String({
  maxLength: 253,
  pattern: "^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$",
});

/** What one claim must be. */
export const CriterionFile = Type.Union(
  [
    ScalarFile,
    listOf(ScalarFile),
    Type.Object(
      { has: OneOrMore },
      { ...closed, description: "An array with (one of) this in it." },
    ),
    Type.Object({ exists: Type.Literal(true) }, { ...closed, description: "There, and not null." }),
    Type.Object(
      { not: OneOrMore },
      { ...closed, description: "There, of this type, and not (any of) this." },
    ),
    Type.Object(
      { like: Type.Union([glob, listOf(glob)]) },
      {
        ...closed,
        description:
          "A text of (one of) these forms: `*` stands for any characters but `/` and `.`, everything else for itself.",
      },
    ),
    Type.Object(
      { domain: Type.Union([domain, listOf(domain)]) },
      {
        ...closed,
        description:
          "Of the claim `email` only: an address at (one of) these domains, in lower case, where `email_verified` is true.",
      },
    ),
  ],
  {
    description:
      "A value the claim equals in value and type, a list of such values, or one condition.",
    errorMessage:
      "must be a text, a number within 2^53 or true or false, a list of those, or one of { has: … }, { exists: true }, { not: … }, { like: … }, { domain: … }, without unknown keys",
  },
);
export type CriterionFile = Static<typeof CriterionFile>;
