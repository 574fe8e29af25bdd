import { ERRORS } from "../../errors.ts";
import type { Identity } from "../../identity/index.ts";
import type { Grant, RuleExplained } from "../../policy/index.ts";
import { asJson, count, near, sayDuration, table, visible } from "../show.ts";
import type { Answer } from "./explain.ts";

/** The answer of `policy explain` for a person. */
export function explained(answer: Answer): string {
  const { identity, decision, code, now_s } = answer;
  const blocks = [
    ["NOT VERIFIED: no signature, audience or time of a token was checked. If it were good:"],
    aboutIdentity(identity, now_s),
    aboutRules(answer),
    decision.allow
      ? aboutGrant(decision.grant, answer)
      : [
          `REFUSED  ${decision.code}`,
          `  ${ERRORS[decision.code].say}`,
          ...Object.entries(decision.detail).map(
            ([name, value]) => `  ${name}: ${visible(JSON.stringify(value))}`,
          ),
        ],
  ];
  if (answer.jwt && answer.size) {
    const { bytes, limit_bytes } = answer.size;
    const over = code === undefined ? "" : `: REFUSED  ${code}\n  ${ERRORS[code].say}`;
    blocks.push([
      `JWT of ${bytes} bytes, of at most ${limit_bytes}${over}`,
      ...asJson(answer.jwt)
        .split("\n")
        .map((line) => `  ${line}`),
    ]);
  }
  return blocks.map((lines) => lines.join("\n")).join("\n\n");
}

function aboutIdentity(identity: Identity, now_s: number): string[] {
  const { issuer, kind, subject, client, scopes } = identity;
  return table([
    ["issuer", visible(issuer)],
    ["kind", kind],
    ["subject", visible(subject)],
    ...(client === undefined ? [] : [["client", visible(client)]]),
    ...(scopes.length === 0 ? [] : [["scopes", visible(scopes.join(" "))]]),
    ["at", timeOf(now_s)],
  ]);
}

function aboutRules({ rules, identity, cwd }: Answer): string[] {
  const own = rules.filter(({ issuer }) => issuer === identity.issuer);
  const others = rules.length - own.length;
  const heads = table(own.map((rule) => headOf(rule, cwd)));
  return [
    `rules${others > 0 ? ` (and ${count(others, "rule")} of other issuers)` : ""}`,
    ...own.flatMap((rule, i) => [`  ${heads[i]}`, ...missOf(rule)]),
    ...(own.length === 0 ? ["  none of them is for this issuer"] : []),
  ];
}

function headOf({ rule, file, line, missed, roles }: RuleExplained, cwd: string): string[] {
  const outcome = missed
    ? `missed on ${missed.criterion}`
    : `gives ${roles.join(", ") || "no role"}`;
  return [missed ? "-" : "+", rule, `${near(file, cwd)}:${line}`, visible(outcome)];
}

function missOf({ missed }: RuleExplained): string[] {
  if (!missed) return [];
  const { wanted, has } = missed;
  return [
    ...(wanted === undefined ? [] : [`      wants  ${visible(wanted)}`]),
    ...(has === undefined ? [] : [`      has    ${visible(has)}`]),
  ];
}

function aboutGrant(grant: Grant, { now_s, code }: Answer): string[] {
  const { limits, times, source_networks, deny_publish, deny_subscribe } = grant;
  const life = sayDuration(grant.expires_at - now_s);
  const list = (name: string, texts: readonly string[]) =>
    texts.length === 0
      ? [[name, "nothing"]]
      : texts.map((text, i) => [i === 0 ? name : "", visible(text)]);
  const rows = [
    ["roles", grant.roles.join(", ")],
    ["lifetime", `${life}, until ${timeOf(grant.expires_at)}`],
    ...list("publish", grant.publish),
    ...(deny_publish ? list("but not", deny_publish) : []),
    ...(grant.responses ? [["", "and answers to whatever subject a request names"]] : []),
    ...list("subscribe", grant.subscribe),
    ...(deny_subscribe ? list("but not", deny_subscribe) : []),
    ["inbox", `${grant.inbox_prefix}.>`],
    ...(grant.scoped_key
      ? [["permitted by", `scoped key ${grant.scoped_key}, not by the JWT`]]
      : []),
    ...(grant.tags ? [["tags", visible(grant.tags.join(", "))]] : []),
    ["connect by", grant.connection_types.join(", ")],
    ...(source_networks ? [["from", source_networks.join(", ")]] : []),
    ...(times
      ? [["at", `${times.ranges.map((t) => `${t.start}-${t.end}`).join(", ")} ${times.location}`]]
      : []),
    ...Object.entries(limits).map(([name, value]) => ["limit", `${value} ${name}`]),
  ];
  const word = code === undefined ? "ALLOWED" : "GRANTED, BUT TOO LARGE";
  return [`${word}  in account ${grant.account}`, ...table(rows, "  ")];
}

function timeOf(unix_s: number): string {
  const time = new Date(unix_s * 1000);
  // Claims can hold times that no calendar has.
  return Number.isNaN(time.getTime()) ? `${unix_s}` : time.toISOString().replace(".000Z", "Z");
}
