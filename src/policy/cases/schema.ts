import { type Static, Type } from "typebox";
import { Duration, PRESET_NAMES } from "../../config/index.ts";
import { ERRORS } from "../../errors.ts";

const closed = { additionalProperties: false } as const;
const CASES_LIMIT = 10_000;

const text = (description: string) => Type.String({ minLength: 1, description });

const texts = (description: string) =>
  Type.Array(Type.String(), {
    description,
    maxItems: 1000,
    errorMessage: "must be a list of texts, at most 1000",
  });

const Subjects = (description: string) =>
  Type.Object(
    {
      publish: Type.Optional(texts("Subjects, with wildcards if you like.")),
      subscribe: Type.Optional(texts("Subjects, or `subject queue` for one queue group.")),
    },
    { ...closed, minProperties: 1, description },
  );

/** How the claims of an issuer are read where no configuration says it. */
const IssuerFile = Type.Object(
  {
    preset: Type.Enum([...PRESET_NAMES], {
      description: "As in the configuration.",
      errorMessage: `must be one of ${PRESET_NAMES.join(", ")}`,
    }),
    url: Type.Optional(
      text("Exact `iss`, so that claims that carry it need not name their issuer."),
    ),
  },
  closed,
);

const CaseFile = Type.Object(
  {
    name: Type.String({
      pattern: "^[^\\s\\p{C}]([^\\p{C}]{0,198}[^\\s\\p{C}])?$",
      description: "What must hold, as a sentence. Unique in its file.",
      errorMessage: "must be 1 to 200 characters, without control characters and outer blanks",
    }),
    issuer: Type.Optional(
      text(
        "The issuer of the claims by its name. Not needed where `iss` says it, or there is one.",
      ),
    ),
    claims: Type.Optional(
      Type.Record(Type.String({ pattern: "^" }), Type.Unknown(), {
        description: "The claims of the token, as the provider writes them.",
        errorMessage: "must be a map of claims",
      }),
    ),
    claims_file: Type.Optional(
      text("A file with the claims as JSON, or with a token; relative to this file."),
    ),
    kind: Type.Optional(
      Type.Enum(["user", "client", "workload"], {
        description: "The kind of identity that these claims must turn out to be.",
        errorMessage: "must be user, client or workload",
      }),
    ),
    request: Type.Optional(
      Type.Object(
        {
          account: Type.Optional(Type.String()),
          roles: Type.Optional(texts("Only these roles.")),
          publish: Type.Optional(texts("Only these subjects.")),
          subscribe: Type.Optional(texts("Only these subjects.")),
          ttl: Type.Optional(Duration({ description: "A shorter life." })),
        },
        { ...closed, description: "What the caller asks for. Nothing, unless written." },
      ),
    ),
    granted: Type.Optional(
      Type.Object(
        {
          account: Type.Optional(text("In this account.")),
          roles: Type.Optional(texts("Exactly these roles, in any order.")),
          publish: Type.Optional(texts("Exactly these subjects, in any order.")),
          subscribe: Type.Optional(
            texts("Exactly these subjects, in any order. The private inbox need not be named."),
          ),
          ttl: Type.Optional(Duration({ description: "For exactly this long." })),
        },
        { ...closed, description: "The credential. What is not named here is not looked at." },
      ),
    ),
    refused: Type.Optional(
      Type.Enum(Object.keys(ERRORS), {
        description: "The code of the refusal. Without it, a case expects a credential.",
        errorMessage: "must be a code of the error table, such as no_rule_matched",
      }),
    ),
    missed: Type.Optional(
      Type.Record(Type.String({ pattern: "^" }), Type.String({ minLength: 1 }), {
        minProperties: 1,
        description:
          "By the name of a rule: the first criterion that must not hold, such as `claims.ref`.",
        errorMessage: "must be a map from names of rules to criteria",
      }),
    ),
    may: Type.Optional(Subjects("All of this is permitted: every subject that a pattern names.")),
    may_not: Type.Optional(
      Subjects("None of this is permitted: not one subject that a pattern names."),
    ),
  },
  closed,
);
/** One case of a file. */
export type CaseFile = Static<typeof CaseFile>;

/** A file of cases: who must get what from a policy, and who must not. */
export const CasesFile = Type.Object(
  {
    policy: Type.Optional(
      text(
        "The policy to test, relative to this file. Without it, the one of --policy or --config.",
      ),
    ),
    issuers: Type.Optional(
      Type.Record(Type.String({ pattern: "^" }), IssuerFile, {
        description:
          "Issuers by name, where no configuration says how their claims are read. An issuer called like a preset has that one, any other has generic.",
        errorMessage: "must be a map of issuers",
      }),
    ),
    cases: Type.Array(CaseFile, {
      minItems: 1,
      maxItems: CASES_LIMIT,
      errorMessage: "must be a list of at least one case",
    }),
  },
  { ...closed, title: "nats-sts policy cases" },
);
export type CasesFile = Static<typeof CasesFile>;
