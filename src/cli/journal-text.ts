import { codeOf, type Issued, rulesOf, type StoredEvent } from "../journal/index.ts";
import { grantedRows } from "./granted-text.ts";
import { visible } from "./show.ts";
import { cut, quoted, word } from "./word.ts";

/** An event as a person reads it: one line, and with `verbose` the reasons below it. */
export function eventText(event: StoredEvent, verbose: boolean): string[] {
  try {
    return shapedText(event, verbose);
  } catch {
    return [eventJson(event)]; // Somebody gave it another shape: better seen as it is than not at all.
  }
}

function shapedText(event: StoredEvent, verbose: boolean): string[] {
  const code = codeOf(event);
  if (code === undefined) return [`${event.at}  ${ownText(event)}`];
  const line = [event.at, code.padEnd(18), ...decisionColumns(event)].join("  ");
  return verbose ? [line, ...reasons(event)] : [line];
}

/** An event as a program reads it: a line of JSON, in which nothing can act on a terminal. */
export const eventJson = (event: StoredEvent) => visible(JSON.stringify(event));

/** Who, what they got, by which rules, and the request under which all else is found. */
function decisionColumns(event: StoredEvent): string[] {
  if (event.type !== "credential.issued" && event.type !== "credential.refused") return [];
  const { identity, request_id } = event;
  const roles = event.type === "credential.issued" ? event.roles.map(word).join(",") : "";
  const got = event.type === "credential.issued" ? `${word(event.account)}/${roles}` : "-";
  const rules = rulesOf(event).map(quoted).join(", ");
  return [
    identity ? `${word(identity.issuer)}:${word(identity.subject)}` : "-",
    got,
    rules === "" ? "-" : rules,
    `request ${word(request_id)}`,
  ];
}

/** What was granted; or why each rule did not match, and what else is known of a refusal. */
function reasons(event: StoredEvent): string[] {
  if (event.type === "credential.issued")
    return [...grantedRows(event).map(([name, said]) => `    ${name}: ${said}`), ...tried(event)];
  if (event.type !== "credential.refused") return [];
  const missed = (event.trace ?? []).flatMap(({ rule, missed }) => {
    if (missed === undefined) return [];
    return [`    ${rule === "" ? "other rules" : quoted(rule)} missed: ${cut(missed)}`];
  });
  const detail = Object.entries(event.detail ?? {}).map(
    ([name, value]) => `    ${word(name)}: ${cut(JSON.stringify(value) ?? "-")}`,
  );
  return [...detail, ...missed, ...tried(event)];
}

/** What the policy on trial would have decided, where that differs. */
function tried({ audit }: Pick<Issued, "audit">): string[] {
  if (!audit) return [];
  const { result, policy, code, more = [], less = [] } = audit;
  const refused = code === undefined ? "" : `, refused as ${word(code)}`;
  return [
    `    on trial: ${word(result)}${refused} by policy ${word(policy.slice(0, 16))}`,
    ...more.map((said) => `      + ${cut(said)}`),
    ...less.map((said) => `      - ${cut(said)}`),
  ];
}

/** What is no decision: its type, and its members as they stand there. */
function ownText(event: StoredEvent): string {
  const { seq, at, writer, type, prev, ...members } = event;
  const said = Object.entries(members).map(
    ([name, value]) =>
      `${word(name)}=${typeof value === "string" ? word(value) : cut(JSON.stringify(value) ?? "-")}`,
  );
  return [word(type), ...said].join("  ");
}
