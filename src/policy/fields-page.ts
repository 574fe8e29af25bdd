import { PolicyFile } from "./schema.ts";

/** What of a JSON Schema is shown. */
interface Shown {
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly anyOf?: readonly Shown[];
  readonly items?: Shown;
  readonly properties?: Readonly<Record<string, Shown>>;
  readonly patternProperties?: Readonly<Record<string, Shown>>;
  readonly required?: readonly string[];
}

/** The parts of the file, each with the keys that lead to it: `[]` into a list, `*` into a map by name. */
const PARTS: readonly (readonly [title: string, ...path: string[]])[] = [
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

/** The schema as the JSON that it is. */
const schema = (): Shown => JSON.parse(JSON.stringify(PolicyFile));

/** The page of every field of a policy, docs/policy-fields.md, made from the schema. */
export function fieldsPage(): string {
  return [
    "<!-- Made from src/policy/schema.ts: change it there. -->",
    "",
    "# Every field of a policy",
    "",
    "What each is for, and how they work together, is in [policy.md](policy.md). Editors read the same from `openapi/policy.schema.json`. Keys that are not listed are faults, at their line.",
    "",
    ...PARTS.flatMap(([title, ...path]) => sectionOf(title, at(schema(), path))),
    ...criteria(),
  ].join("\n");
}

function sectionOf(title: string, schema: Shown): string[] {
  const { properties = {}, required = [], description } = schema;
  const rows = Object.entries(properties).map(([key, field]) => {
    const must = required.includes(key) && field.default === undefined ? ", required" : "";
    return `| \`${key}\` | ${kindOf(field)}${must} | ${cell(field)} |`;
  });
  return [
    `## ${title}`,
    "",
    ...(description === undefined ? [] : [description, ""]),
    ...table(["key", "is", ""], rows),
  ];
}

const table = (headings: readonly string[], rows: readonly string[]) => [
  `| ${headings.join(" | ")} |`,
  `|${" --- |".repeat(headings.length)}`,
  ...rows,
  "",
];

function criteria(): string[] {
  const { anyOf = [] } = at(schema(), ["rules", "[]", "claims", "*"]);
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

/** The schema at a path; of alternatives the one that goes on. */
function at(schema: Shown, path: readonly string[]): Shown {
  const [step, ...rest] = path;
  if (step === undefined) return schema.anyOf?.find(({ properties }) => properties) ?? schema;
  const below =
    step === "[]"
      ? schema.items
      : step === "*"
        ? Object.values(schema.patternProperties ?? {})[0]
        : schema.properties?.[step];
  if (!below) throw new Error(`the schema has no ${path.join(".")}`);
  // What is reached may be asked for as it is: of criteria, all alternatives are shown.
  return rest.length === 0 && step === "*" ? below : at(below, rest);
}

/** What a value is, in a few words. */
function kindOf(schema: Shown): string {
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(", ");
  if (schema.anyOf) return [...new Set(schema.anyOf.map(kindOf))].join(" or ");
  if (schema.items) return `list of ${several(schema.items)}`;
  if (schema.patternProperties) return "map by name";
  return NAMES[schema.type ?? ""] ?? schema.type ?? "";
}

const NAMES: Readonly<Record<string, string>> = {
  boolean: "true or false",
  integer: "whole number",
  object: "map",
  string: "text",
};

function several(items: Shown): string {
  const one = kindOf(items);
  return items.enum ? one : one.replaceAll(/\b(text|map|number)\b/g, "$1s");
}

function cell({ description = "", default: unless }: Shown): string {
  const shown = unless === undefined || unless === false ? "" : ` Unless written: \`${unless}\`.`;
  return `${description}${shown}`.replaceAll("|", "\\|").trim();
}
