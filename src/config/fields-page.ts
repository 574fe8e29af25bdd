/** What of a JSON Schema a page tells. */
export interface Shown {
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

/** A part of a file, and the keys that lead to it: `[]` into a list, `*` into a map by name. */
export type Part = readonly [title: string, ...path: string[]];

/** A schema as the JSON that it is. */
export const shownOf = (schema: object): Shown => JSON.parse(JSON.stringify(schema));

/** A section for each part of a file: every key, what it is and what it is for. */
export const fieldSections = (schema: Shown, parts: readonly Part[]): string[] =>
  parts.flatMap(([title, ...path]) => sectionOf(title, schemaAt(schema, path)));

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

/** A table in Markdown. */
export const table = (headings: readonly string[], rows: readonly string[]) => [
  `| ${headings.join(" | ")} |`,
  `|${" --- |".repeat(headings.length)}`,
  ...rows,
  "",
];

/** The schema at a path; of alternatives the one that goes on. */
export function schemaAt(schema: Shown, path: readonly string[]): Shown {
  const [step, ...rest] = path;
  if (step === undefined) return schema.anyOf?.find(({ properties }) => properties) ?? schema;
  const below = [schema, ...(schema.anyOf ?? [])].map((one) => within(one, step)).find(Boolean);
  if (!below) throw new Error(`the schema has no ${path.join(".")}`);
  // What is reached may be asked for as it is: of criteria, all alternatives are shown.
  return rest.length === 0 && step === "*" ? below : schemaAt(below, rest);
}

function within(schema: Shown, step: string): Shown | undefined {
  if (step === "[]") return schema.items;
  return step === "*"
    ? Object.values(schema.patternProperties ?? {})[0]
    : schema.properties?.[step];
}

/** What a value is, in a few words. */
export function kindOf(schema: Shown): string {
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

function cell(schema: Shown): string {
  const { default: unless, properties, anyOf } = schema;
  const has_section = [schema, ...(anyOf ?? [])].some((one) => one.properties !== undefined);
  const { description = has_section ? "See below." : "" } = schema;
  const told = typeof unless === "object" || unless === false ? "" : String(unless ?? "");
  const shown = told === "" || properties ? "" : ` Unless written: \`${told}\`.`;
  return `${description}${shown}`.replaceAll("|", "\\|").trim();
}
