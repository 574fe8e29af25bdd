import type { Identity } from "../../identity/index.ts";
import { claimPath, leftOut, lookup } from "../claims.ts";
import { emailVerified, isEmail } from "../email.ts";
import type { RuleFile } from "../schema.ts";
import type { WrittenCriterion } from "../written.ts";

/** The criterion that did not hold: what the rule wants there, and what the identity has. */
export interface Miss {
  /** As the trace names it. */
  readonly criterion: string;
  readonly wanted?: string;
  /** As JSON, or in words where there is nothing. */
  readonly has?: string;
}

/** Longer values are cut: they are compared by eye. */
const VALUE_LIMIT_CHARS = 300;

/** Explains what a trace says of a rule. The values come from the claims themselves. */
export function missOf(criterion: string, rule: RuleFile, identity: Identity): Miss {
  const simple = simpleMiss(criterion, rule, identity);
  if (simple) return { criterion, ...simple };
  const [, from, what] = /^(.*) cannot fill a (subject|tag)$/s.exec(criterion) ?? [];
  if (from !== undefined) {
    const form = "begins with a letter or digit, then up to 127 letters, digits, - and _";
    return {
      criterion,
      wanted: `a text for a ${what} that ${form}`,
      has: sourceOf(from, identity),
    };
  }
  if (!criterion.startsWith("claims.")) return { criterion };
  for (const [name, wanted] of Object.entries(rule.claims ?? {})) {
    if (criterion !== `claims.${name}` && !criterion.startsWith(`claims.${name} `)) continue;
    return { criterion, wanted: sayCriterion(wanted, name), has: claimOf(name, identity) };
  }
  for (const name of identity.guarded ?? []) {
    if (!criterion.startsWith(`claims.${name} `)) continue;
    const wanted = `a rule that names ${name}, because strangers can cause this value`;
    return { criterion, wanted, has: claimOf(name, identity) };
  }
  return { criterion };
}

/** What was to fill a slot: a claim, or something that verification proved. */
function sourceOf(from: string, identity: Identity): string {
  if (from.startsWith("claims.")) return claimOf(from.slice("claims.".length), identity);
  if (from === "subject" || from === "client") return valueOr(identity[from], `no ${from}`);
  return "nothing";
}

function simpleMiss(criterion: string, rule: RuleFile, identity: Identity) {
  switch (criterion) {
    case "issuer":
    case "kind":
      return { wanted: String(rule[criterion]), has: identity[criterion] };
    case "client":
      return { wanted: oneOf([rule.client].flat()), has: valueOr(identity.client, "no client") };
    case "subject":
      return { wanted: oneOf([rule.subject].flat()), has: json(identity.subject) };
    case "scopes":
      return { wanted: allOf(rule.scopes ?? []), has: scopesOf(identity) };
    case "any_scope":
      return { wanted: oneOf(rule.any_scope ?? []), has: scopesOf(identity) };
    default:
      return undefined;
  }
}

/** What a criterion asks of a claim, in words. */
function sayCriterion(criterion: WrittenCriterion, name: string): string {
  const path = claimPath(name);
  const said = sayAsked(criterion);
  return path && isEmail(path) ? `${said}, and email_verified true` : said;
}

function sayAsked(criterion: WrittenCriterion): string {
  if (typeof criterion !== "object") return json(criterion);
  if (Array.isArray(criterion)) return oneOf(criterion);
  const [[how = "", what] = []] = Object.entries(criterion);
  const said = oneOf([what].flat());
  if (how === "exists") return "anything but null";
  if (how === "like") return `of the form ${said}`;
  if (how === "domain") return `an address at ${said}`;
  if (how === "has") return `a list with ${said}`;
  return how === "not" ? `of the same type, but not ${said}` : `${how} ${said}`;
}

function claimOf(name: string, { claims }: Identity): string {
  const path = claimPath(name);
  if (!path) return "nothing";
  if (leftOut(claims, path.steps[0])) return "only a reference to where the provider keeps it";
  const value = lookup(claims, path);
  const said = valueOr(value, "no such claim");
  if (!isEmail(path) || value === undefined) return said;
  const verified = emailVerified(claims);
  const vouched = verified === undefined ? "no email_verified" : `email_verified ${json(verified)}`;
  return `${said}, and ${vouched}`;
}

const scopesOf = ({ scopes }: Identity) => (scopes.length > 0 ? scopes.join(" ") : "no scopes");
const oneOf = (values: readonly unknown[]) => values.map(json).join(" or ");
const allOf = (values: readonly unknown[]) => values.join(" ");
const valueOr = (value: unknown, nothing: string) => (value === undefined ? nothing : json(value));

function json(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > VALUE_LIMIT_CHARS ? `${text.slice(0, VALUE_LIMIT_CHARS)}…` : text;
}
