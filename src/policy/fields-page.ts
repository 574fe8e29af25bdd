import {
  fieldSections,
  kindOf,
  type Part,
  type Shown,
  schemaAt,
  shownOf,
  table,
} from "../config/index.ts";
import { PolicyFile } from "./schema.ts";

const PARTS: readonly Part[] = [
  ["The file"],
  ["An included file", "include", "[]"],
  ["A rule", "rules", "[]"],
  ["A role, or the grant of a rule", "roles", "*"],
  ["A set in a list of subjects", "roles", "*", "publish", "[]"],
  ["respond", "roles", "*", "respond"],
  ["times", "roles", "*", "times"],
  ["limits", "roles", "*", "limits"],
  ["service", "roles", "*", "service"],
  ["jetstream: consume", "roles", "*", "jetstream", "[]", "consume"],
  ["jetstream: publish_to", "roles", "*", "jetstream", "[]", "publish_to"],
  ["jetstream: kv", "roles", "*", "jetstream", "[]", "kv"],
  ["jetstream: object", "roles", "*", "jetstream", "[]", "object"],
  ["An admin role", "admin_roles", "*"],
];

/** The page of every field of a policy, docs/policy-fields.md, made from the schema. */
export function fieldsPage(): string {
  return [
    "<!-- Made from src/policy/schema.ts: change it there. -->",
    "",
    "# Every field of a policy",
    "",
    "What each is for, and how they work together, is in [policy.md](policy.md). Editors read the same from `openapi/policy.schema.json`. Keys that are not listed are faults, at their line.",
    "",
    ...fieldSections(shownOf(PolicyFile), PARTS),
    ...criteria(),
  ].join("\n");
}

function criteria(): string[] {
  const { anyOf = [] } = schemaAt(shownOf(PolicyFile), ["rules", "[]", "claims", "*"]);
  const rows = anyOf.flatMap(({ properties = {}, description = "" }) =>
    Object.entries(properties).map(
      ([key, value]) =>
        `| \`{ ${key}: ${value.const ?? "…"} }\` | ${valuesOf(value)} | ${description} |`,
    ),
  );
  const plain = [
    "| a value | text, number, or true or false | The claim is this, in value and type. |",
    "| a list of values | such values | The claim is one of them. |",
  ];
  return [
    "## What a claim can be asked for",
    "",
    ...table(["criterion", "of", ""], [...plain, ...rows]),
  ];
}

const valuesOf = (value: Shown) =>
  value.const === undefined ? (value.anyOf ? "one, or a list of them" : kindOf(value)) : "";
