import { type Static, Type } from "typebox";
import { CriterionFile } from "./criterion-schema.ts";
import { RoleFile } from "./role-schema.ts";
import { closed, listOf, mapOf, textOrTexts, texts } from "./schema-parts.ts";

const SCOPE = "^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$";
const scopes = (description: string) =>
  listOf(
    Type.String({
      pattern: SCOPE,
      errorMessage: "must be one scope, without blanks: list several one by one",
    }),
    { description, errorMessage: "must be a list of scopes, at least one" },
  );

/** Who holds which roles: every criterion must match. */
export const RuleFile = Type.Object(
  {
    name: Type.String({
      pattern: "^[^\\s\\p{C}]([^\\p{C}]{0,126}[^\\s\\p{C}])?$",
      description: "Unique. Shown in traces and in the journal.",
      errorMessage: "must be 1 to 128 characters, without control characters and outer blanks",
    }),
    issuer: Type.String({ minLength: 1, description: "Issuer, by its name in the configuration." }),
    kind: Type.Optional(
      Type.Enum(["user", "client", "workload"], {
        description: "What the identity has to be: a person, an OAuth client, or a workload.",
        errorMessage: "must be user, client or workload",
      }),
    ),
    client: Type.Optional(textOrTexts("The OAuth client, exactly, or a list of them.", "client")),
    subject: Type.Optional(textOrTexts("The subject, exactly, or a list of them.", "subject")),
    scopes: Type.Optional(scopes("Scopes that the token must have, all of them.")),
    any_scope: Type.Optional(scopes("Scopes of which the token must have one.")),
    claims: Type.Optional(
      mapOf(CriterionFile, {
        minProperties: 1,
        description:
          "By the name of a claim or, with a leading `/`, by its JSON Pointer. Of `email` nothing holds unless `email_verified` is true.",
        errorMessage: "must be a map with at least one claim",
      }),
    ),
    roles: Type.Optional(texts("Roles of this policy.", "the name of a role")),
    grant: Type.Optional({
      ...RoleFile,
      description: "A role of this rule alone, called after it.",
    }),
    admin: Type.Optional(
      texts("Roles of `admin_roles`: no permissions on NATS.", "the name of an admin role"),
    ),
  },
  closed,
);
export type RuleFile = Static<typeof RuleFile>;

const AdminRoleFile = Type.Object(
  {
    accounts: texts("Accounts, by their names in the configuration.", "the name of an account"),
    can: Type.Array(
      Type.Enum(["revoke", "journal", "approve"], {
        errorMessage: "must be revoke, journal or approve",
      }),
      {
        minItems: 1,
        uniqueItems: true,
        description: "What its holders may do in these accounts.",
        errorMessage: "must be a list of revoke, journal and approve, each at most once",
      },
    ),
  },
  closed,
);

const IncludeFile = Type.Object(
  {
    path: Type.String({
      pattern: "^(?!.*(^|/)\\.{1,2}(/|$))[^/\\\\\\p{C}]+(/[^/\\\\\\p{C}]+)*$",
      description: "The file, below the folder of this one.",
      errorMessage: "must be a path below this folder, such as teams/orders.yaml, without . and ..",
    }),
    accounts: texts("Accounts in which its roles may be.", "the name of an account"),
    issuers: texts("Issuers that its rules may name.", "the name of an issuer"),
    subjects: Type.Optional(texts("Subjects that its roles may permit, at most.", "a subject")),
    streams: Type.Optional(
      texts(
        "Streams that its `jetstream` may name: `KV_` and `OBJ_` before those of buckets.",
        "the name of a stream",
      ),
    ),
  },
  { ...closed, description: "A file with an owner of its own, and what that owner may give." },
);
export type IncludeFile = Static<typeof IncludeFile>;

const subjectsByName = (description: string) =>
  mapOf(textOrTexts("One or several, with wildcards and slots.", "subject"), {
    description,
    errorMessage: "must be a map of subjects, or lists of them, by name",
  });

/** Rules of one policy, those of all its files together. */
export const RULES_LIMIT = 10_000;
export const TOO_MANY_RULES = `must be a list of at most ${RULES_LIMIT} rules`;

/** The policy file. */
export const PolicyFile = Type.Object(
  {
    version: Type.Literal(1, {
      description: "Of the language.",
      errorMessage: "must be 1",
    }),
    include: Type.Optional(
      Type.Array(IncludeFile, {
        maxItems: 100,
        description: "More files, in the root file only.",
        errorMessage: "must be a list of at most 100 files",
      }),
    ),
    subject_sets: Type.Optional(
      subjectsByName("Sets of subjects by name, for `publish: [{ set: name }]` in this file."),
    ),
    streams: Type.Optional(
      subjectsByName("The subjects of streams, for `publish_to: { stream: name }` in this file."),
    ),
    roles: Type.Optional(
      mapOf(RoleFile, { description: "Roles by name.", errorMessage: "must be a map of roles" }),
    ),
    rules: Type.Array(RuleFile, {
      maxItems: RULES_LIMIT,
      description: "Nobody has what no rule gives.",
      errorMessage: TOO_MANY_RULES,
    }),
    admin_roles: Type.Optional(
      mapOf(AdminRoleFile, {
        description: "Roles of administrators by name, in the root file only.",
        errorMessage: "must be a map of admin roles",
      }),
    ),
  },
  { ...closed, title: "nats-sts policy" },
);
export type PolicyFile = Static<typeof PolicyFile>;
