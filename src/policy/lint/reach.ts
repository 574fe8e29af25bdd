import type { Fault } from "../../config/index.ts";
import { combine } from "../combine.ts";
import { fixed } from "../permissions.ts";
import { inboxPrefix } from "../permit.ts";
import type { Role } from "../policy.ts";
import { guardStars } from "../star.ts";
import { unite } from "../subject.ts";
import type { WrittenName } from "../written.ts";
import { implies, valuesOf } from "./implies.ts";
import { claimOfSlot, type LintedRule } from "./linted.ts";
import { type LintRule, quote } from "./rule.ts";

/** What no identity reaches, or what it could do without. */
export const REACH: readonly LintRule[] = [
  {
    id: "rule-unreachable",
    summary: "A rule that no token of its issuer can match",
    avoid: `rules:
  - name: deploy from main
    issuer: github
    claims: { repository_id: 456789, ref: refs/heads/main }
    grant: { account: ORDERS, publish: [deploys.orders] }`,
    prefer: `rules:
  - name: deploy from main
    issuer: github
    claims: { repository_id: "456789", ref: refs/heads/main }
    grant: { account: ORDERS, publish: [deploys.orders] }`,
    rationale:
      "Types are strict, and what a provider never writes never matches: a number where the claim is a text, a scope of a provider without scopes, a kind that it does not issue, a subject of another form, a claim that is taken away because callers write it, a slot that no listed value can fill. Whoever reads such a rule believes that it gives something.",
    check: ({ rules }) => rules.flatMap(unreachable),
  },
  {
    id: "rule-shadowed",
    summary: "A rule that adds nothing to another one",
    avoid: `roles:
  reader: { account: ORDERS, subscribe: [orders.>] }
rules:
  - { name: all clients, issuer: corp, scopes: [orders.read], roles: [reader] }
  - { name: the dashboard, issuer: corp, scopes: [orders.read], client: dashboard, roles: [reader] }`,
    prefer: `roles:
  reader: { account: ORDERS, subscribe: [orders.>] }
rules:
  - { name: the dashboard, issuer: corp, scopes: [orders.read], client: dashboard, roles: [reader] }`,
    rationale:
      "Rules add up: there is no order in which a special rule comes before a general one. A rule whose identities all match another rule, which gives the same roles, can be taken away without a change; often its author thought that it limits the other. Of more than 512 rules that name the same values, or none, each is compared with 512.",
    check: ({ rules, likelyWider }) => rules.flatMap((rule) => shadowed(rule, likelyWider(rule))),
  },
  {
    id: "role-unused",
    summary: "A role that no rule gives",
    avoid: `roles:
  worker: { account: ORDERS, publish: [orders.done.>] }
  workers: { account: ORDERS, publish: [orders.>] }
rules:
  - { name: workers, issuer: corp, client: worker, roles: [worker] }`,
    prefer: `roles:
  worker: { account: ORDERS, publish: [orders.done.>] }
rules:
  - { name: workers, issuer: corp, client: worker, roles: [worker] }`,
    rationale: "Nobody reviews what nobody holds, until a rule names it. Take it away, or give it.",
    check({ rules, roles, names }) {
      const given = new Set(rules.flatMap((rule) => rule.roles.map(({ name }) => name)));
      const unused = roles
        .filter(({ name, inline, role }) => !inline && !given.has(name) && !isExported(role))
        .map(({ name, at }) => at([], `no rule gives the role ${quote(name)}: remove it`));
      const isUsed = usage();
      const admins = names.filter((each) => each.what === "admin role" && !isUsed(each));
      return [
        ...unused,
        ...admins.map(({ name, at }) =>
          at(`no rule gives the admin role ${quote(name)}: remove it`),
        ),
      ];
    },
  },
  {
    id: "set-unused",
    summary: "A set of subjects, or the subjects of a stream, that no role names",
    avoid: `subject_sets:
  desk: [orders.new, orders.done]
  desks: [orders.>]
rules:
  - { name: desk, issuer: corp, scopes: [orders.read], grant: { account: ORDERS, subscribe: [{ set: desk }] } }`,
    prefer: `subject_sets:
  desk: [orders.new, orders.done]
rules:
  - { name: desk, issuer: corp, scopes: [orders.read], grant: { account: ORDERS, subscribe: [{ set: desk }] } }`,
    rationale:
      "A set is of the file in which it stands, so one that no role of that file names gives nothing. Mostly its name is misspelt elsewhere, or what used it is gone.",
    check({ names }) {
      const isUsed = usage();
      return names
        .filter((each) => each.what !== "admin role" && !isUsed(each))
        .map(({ what, name, at }) => at(`no role names the ${what} ${quote(name)}: remove it`));
    },
  },
  {
    id: "roles-conflict",
    summary: "A rule whose roles cannot be held together",
    avoid: `roles:
  office: { account: ORDERS, publish: [orders.a], source_networks: [10.0.0.0/8] }
  plant: { account: ORDERS, publish: [orders.b], source_networks: [192.168.0.0/16] }
rules:
  - { name: operators, issuer: corp, client: operator, roles: [office, plant] }`,
    prefer: `roles:
  operator:
    account: ORDERS
    publish: [orders.a, orders.b]
    source_networks: [10.0.0.0/8, 192.168.0.0/16]
rules:
  - { name: operators, issuer: corp, client: operator, roles: [operator] }`,
    rationale:
      "Conditions of roles intersect. Where networks, times or connection types have nothing in common, or two inboxes differ, every plain request is refused with roles_conflict until the caller picks roles. So it is where one subscribes to `orders.*` and another to `orders.eu.new`: servers let a `*` at the end stand for `>`, which is closed by a deny of all that is below.",
    check: ({ rules }) => rules.flatMap(conflicts),
  },
];

/** Makes the question whether a role of its file, or for an admin role a rule, names something. */
function usage(): (name: WrittenName) => boolean {
  const known = new Map<WrittenName["used_by"], ReadonlySet<string>>();
  return ({ what, name, used_by }) => {
    const used = known.get(used_by) ?? usedIn(used_by);
    known.set(used_by, used);
    return used.has(`${what} ${name}`);
  };
}

function usedIn({ rules, roles }: WrittenName["used_by"]): ReadonlySet<string> {
  const said = (what: WrittenName["what"], name: string | undefined) =>
    name === undefined ? [] : [`${what} ${name}`];
  return new Set([
    ...rules.flatMap(({ admin }) => admin?.flatMap((name) => said("admin role", name)) ?? []),
    ...roles.flatMap((role) => [
      ...(role.jetstream ?? []).flatMap((one) => said("stream", one.publish_to?.stream)),
      ...[role.publish, role.subscribe, role.deny_publish, role.deny_subscribe]
        .flatMap((list) => list ?? [])
        .flatMap((entry) => (typeof entry === "object" ? said("set of subjects", entry.set) : [])),
    ]),
  ]);
}

const isExported = (role: object) => "export" in role && role.export === true;

function unreachable({ rule, preset, issuer, compiled, at }: LintedRule): Fault[] {
  const found: Fault[] = [];
  const say = (path: string[], message: string) =>
    found.push(at(path, `never matches: ${message}`));
  const who = `${quote(issuer.name)} (${issuer.preset})`;
  if (rule.kind !== undefined && !preset.kinds.some(({ kind }) => kind === rule.kind)) {
    const kinds = [...new Set(preset.kinds.map(({ kind }) => kind))].join(", ");
    say(["kind"], `${who} has identities of kind ${kinds} only`);
  }
  for (const key of ["scopes", "any_scope"] as const)
    if (rule[key] && preset.scopes.length === 0) say([key], `tokens of ${who} have no scopes`);
  if (rule.client !== undefined && preset.client.length === 0)
    say(["client"], `tokens of ${who} name no client`);
  const { subject_form } = preset;
  if (rule.subject !== undefined && subject_form) {
    if (![rule.subject].flat().some((subject) => subject_form.test(subject)))
      say(["subject"], `no subject of ${who} has this form`);
  }
  for (const [claim, criterion] of Object.entries(rule.claims ?? {})) {
    const path = ["claims", claim];
    const dropped = preset.dropped.find((name) => name === claim || claim.startsWith(`${name}/`));
    if (dropped !== undefined) say(path, `callers write ${dropped}, so it is taken away`);
    const values = valuesOf(criterion) ?? [];
    const type = preset.required[claim];
    if (values.length > 0 && type === "string" && values.every((v) => typeof v !== "string"))
      say(path, `${claim} is a text: put it into quotes`);
    const slot = compiled.slots.find(({ text }) => claimOfSlot(text) === claim);
    if (slot && values.length > 0 && !values.some((value) => canFill(value, slot.text)))
      say(path, `none of these values can fill ${slot.text}`);
  }
  return found;
}

function canFill(value: unknown, slot: string): boolean {
  if (typeof value !== "string" || slot.startsWith("{each ")) return false;
  return slot.endsWith(":escape}")
    ? /^[A-Za-z0-9]/.test(value)
    : /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(value);
}

/** Rules that one is compared with: of more that name the same values, the others are left out. */
const COMPARED_LIMIT = 512;

function shadowed(own: LintedRule, likely: Iterable<LintedRule>): Fault[] {
  const by = wider(own, likely);
  if (!by) return [];
  const message = `adds nothing to ${quote(by.name)}, which matches whenever this does and gives all that this gives: remove this rule, or narrow that one`;
  return [own.at(["name"], message)];
}

function wider(own: LintedRule, likely: Iterable<LintedRule>): LintedRule | undefined {
  let compared = 0;
  for (const other of likely) {
    if (++compared > COMPARED_LIMIT) return undefined;
    if (other === own || !implies(own.rule, other.rule) || !givesAll(other, own)) continue;
    // Of two that say the same, the later one is too many.
    const same = implies(other.rule, own.rule) && givesAll(own, other);
    if (!same || other.compiled.place < own.compiled.place) return other;
  }
  return undefined;
}

function givesAll(wide: LintedRule, narrow: LintedRule): boolean {
  const names = wide.roles.map(({ name }) => name);
  const slots = narrow.compiled.slots.map(({ text }) => text);
  return (
    narrow.roles.length > 0 &&
    narrow.roles.every(({ name }) => names.includes(name)) &&
    (narrow.rule.admin ?? []).every((name) => wide.rule.admin?.includes(name)) &&
    wide.compiled.slots.every(({ text }) => slots.includes(text))
  );
}

function conflicts({ roles, at }: LintedRule): Fault[] {
  const accounts = new Set(roles.map(({ role }) => role.account));
  return [...accounts].flatMap((account) => {
    const own = roles.filter(({ role }) => role.account === account);
    const compiled = own.flatMap(({ compiled: role }) => role ?? []);
    const combined = combine(compiled, "_INBOX.own");
    const names = own.map(({ name }) => name).join(", ");
    if ("conflict" in combined) {
      const message = `${names} have no ${combined.conflict} in common, so together they are refused: make one role of them, or a rule for each`;
      return [at(["roles"], message)];
    }
    const guard = own.length > 1 ? guardStars(fixedSubscriptions(compiled)) : { deny: [] };
    if (!("star" in guard)) return [];
    const message = `${names} are refused together: of ${quote(guard.star.text)} all that is below can only be denied together with ${quote(guard.beside.text)}: write > for that *, or name its tokens`;
    return [at(["roles"], message)];
  });
}

/** What roles subscribe to whoever holds them: what fills slots is not known. */
const fixedSubscriptions = (roles: readonly Role[]) =>
  unite(
    roles.flatMap((role) => [
      ...role.subscribe.flatMap(({ subject, slots }) => (slots.length === 0 ? [subject] : [])),
      fixed(`${inboxPrefix(role, "_INBOX.own")}.>`),
    ]),
  );
