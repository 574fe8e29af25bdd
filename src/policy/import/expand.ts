import type { Listed, Refusal, Rights } from "./rights.ts";

/** What the template of a scoped signing key is filled from. */
export interface TemplateValues {
  readonly name: string;
  readonly subject: string;
  readonly account_name: string;
  readonly account_subject: string;
  readonly tags: readonly string[];
  readonly account_tags: readonly string[];
}

/** As nats-server finds its templates. */
const TEMPLATE = /\{\{([^}]+)\}\}/g;
/** More subjects out of one list are refused, by nats-server too. */
const EXPANSION_LIMIT = 4096;

/**
 * The rights that a scoped signing key gives to one user, its templates filled in as nats-server
 * does it: what makes no subject is dropped from what is allowed and refuses the JWT where it is
 * denied, and a list of which nothing is left allows nothing.
 */
export function expandTemplate(template: Rights, values: TemplateValues): Rights | Refusal {
  const pub = expandListed(template.pub, values);
  const sub = expandListed(template.sub, values);
  if (pub && "refused" in pub) return pub;
  if (sub && "refused" in sub) return sub;
  return { ...template, ...(pub && { pub }), ...(sub && { sub }) };
}

function expandListed(listed: Listed | undefined, values: TemplateValues) {
  if (!listed) return undefined;
  const allow = expandList(listed.allow ?? [], values, "allow");
  const deny = expandList(listed.deny ?? [], values, "deny");
  if ("refused" in allow) return allow;
  if ("refused" in deny) return deny;
  const lost = (listed.allow?.length ?? 0) > 0 && allow.length === 0;
  return { allow: [...allow], deny: lost ? [...deny, ">"] : [...deny] };
}

function expandList(
  list: readonly string[],
  values: TemplateValues,
  which: keyof Listed,
): readonly string[] | Refusal {
  if (!list.some((text) => text.search(TEMPLATE) >= 0)) return list;
  const expanded: string[] = [];
  for (const text of list) {
    const subjects = expandText(text, values);
    if ("refused" in subjects) return subjects;
    if (expanded.length + subjects.length > EXPANSION_LIMIT)
      return { refused: `the template of its signing key makes over ${EXPANSION_LIMIT} subjects` };
    if (which === "deny" && !subjects.every(isValid))
      return { refused: "the template of its signing key denies what is no subject for this user" };
    expanded.push(...subjects.filter(isValid));
  }
  return expanded;
}

function expandText(text: string, values: TemplateValues): readonly string[] | Refusal {
  let subjects: readonly string[] = [text];
  for (const [whole, operation = ""] of text.matchAll(TEMPLATE)) {
    const found = valuesOf(operation.trim(), values);
    if (!found)
      return { refused: "the template of its signing key has an operation that is not known here" };
    if (subjects.length * found.length > EXPANSION_LIMIT)
      return { refused: `the template of its signing key makes over ${EXPANSION_LIMIT} subjects` };
    subjects = subjects.flatMap((one) => found.map((value) => one.split(whole).join(value)));
  }
  return [...new Set(subjects)];
}

/** The values of one operation; a tag that is not there makes something that is no subject. */
function valuesOf(operation: string, values: TemplateValues): readonly string[] | undefined {
  const [, whose = "", key = ""] = /^(account-)?tag\((.*)\)$/.exec(operation) ?? [];
  if (key !== "") {
    const prefix = `${key.toLowerCase()}:`;
    const tags = whose === "" ? values.tags : values.account_tags;
    const found = tags.filter((tag) => tag.startsWith(prefix));
    return found.length > 0 ? found.map((tag) => tag.slice(prefix.length)) : [" "];
  }
  switch (operation.toLowerCase()) {
    case "name()":
      return [values.name];
    case "subject()":
      return [values.subject];
    case "account-name()":
      return [values.account_name];
    case "account-subject()":
      return [values.account_subject];
    default:
      return undefined;
  }
}

/** As nats-server sees it: queue groups and blanks are no part of a subject. */
const isValid = (subject: string) =>
  subject
    .split(".")
    .every((token, i, all) => /^\S+$/.test(token) && (token !== ">" || i === all.length - 1));
