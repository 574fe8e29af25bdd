import type { Fault, PresetName } from "../../config/index.ts";
import { isKnown } from "../cases/load.ts";
import type { RuleFile } from "../schema.ts";
import { unreliableSlots, whyNot } from "./claims.ts";
import { isKind, valuesOf } from "./implies.ts";
import type { LintedRule } from "./linted.ts";
import { type LintRule, quote } from "./rule.ts";
import { isPositive, plainName } from "./vague.ts";

/** Whom a rule means, and whether it can be sure. */
export const PINS: readonly LintRule[] = [
  {
    id: "rule-unpinned",
    summary: "A rule for everybody who has a token of the issuer",
    avoid: `rules:
  - name: readers
    issuer: corp
    scopes: [openid]
    grant: { account: ORDERS, subscribe: [orders.>] }`,
    prefer: `rules:
  - name: readers
    issuer: corp
    scopes: [orders.read]
    grant: { account: ORDERS, subscribe: [orders.>] }`,
    rationale:
      "A rule should pin whom it means by something that the provider gives to few: a scope of your own, a client, a subject, a claim such as a group. The scopes of OpenID Connect are given to anybody who asks; `kind`, `exists`, `not`, a glob with less than two letters or digits before its first star, and a verified e-mail address leave nearly everybody in. Where everybody is meant, say so in a comment that allows it.",
    check: ({ rules }) =>
      rules
        .filter((each) => !isPinned(each.rule) && !isShared(each) && !each.rule.admin)
        .map(({ at, rule }) =>
          at(
            ["name"],
            `matches ${rule.kind === undefined ? "everybody" : `every ${rule.kind}`} of ${quote(rule.issuer)}: pin it by a scope of your own, a client, a subject or a claim`,
          ),
        ),
  },
  {
    id: "admin-weakly-pinned",
    summary: "A rule that makes administrators of people whom it does not name",
    avoid: `admin_roles:
  oncall: { accounts: [ORDERS], can: [revoke, approve] }
rules:
  - { name: on call, issuer: corp, scopes: [sts.admin], admin: [oncall] }`,
    prefer: `admin_roles:
  oncall: { accounts: [ORDERS], can: [revoke, approve] }
rules:
  - { name: on call, issuer: corp, scopes: [sts.admin], claims: { groups: { has: orders-on-call } }, admin: [oncall] }`,
    rationale:
      "An administrator takes credentials away from others, approves their access and reads who has which. A scope is asked for by a client, often for whoever signs in to it, and a glob or a domain takes in people who come later: beside them, name a subject, a client, or the value of a claim such as a group.",
    check: ({ rules }) =>
      rules
        .filter((each) => each.rule.admin && (!namesSomebody(each) || isShared(each)))
        .map(({ at, rule }) =>
          at(
            ["admin"],
            `makes administrators (${rule.admin?.join(", ")}) of everybody who gets these scopes or fits these criteria: name a subject, a client, or the value of a claim such as a group`,
          ),
        ),
  },
  {
    id: "rule-open-to-strangers",
    summary: "A rule that other customers of a shared provider match",
    avoid: `rules:
  - name: deploy from main
    issuer: github
    claims: { ref: refs/heads/main, event_name: push }
    grant: { account: ORDERS, publish: [deploys.orders] }`,
    prefer: `rules:
  - name: deploy from main
    issuer: github
    claims: { repository_id: "456789", ref: refs/heads/main, event_name: push }
    grant: { account: ORDERS, publish: [deploys.orders] }`,
    rationale:
      "GitHub, GitLab.com, Buildkite, HCP Terraform, Google and the shared issuer of CircleCI sign the tokens of all their customers as one issuer, and anybody can ask for a token with your audience. Only what names your organisation, repository or account keeps strangers out: a branch, an event or an environment of that name has everybody, and a glob that begins with a star fits whatever others call theirs.",
    check: ({ rules }) =>
      rules
        .filter((each) => isShared(each))
        .map(({ at, issuer, rule }) => {
          const claims = SHARED[issuer.preset]?.claims.slice(0, 2).join(" or ");
          const path = rule.claims ? ["claims"] : ["name"];
          return at(path, `anybody at ${issuer.preset} can match: name yours by ${claims}`);
        }),
  },
  {
    id: "claim-unreliable",
    summary:
      "A rule or a subject that relies on a claim which callers choose or which changes hands",
    avoid: `rules:
  - name: alice
    issuer: corp
    claims: { preferred_username: alice }
    grant: { account: ORDERS, subscribe: [orders.>] }`,
    prefer: `rules:
  - name: alice
    issuer: corp
    subject: 00u1a2b3c4
    grant: { account: ORDERS, subscribe: [orders.>] }`,
    rationale:
      "Names, addresses and logins are for people to read: their owners change them, and providers give them away again. Each provider has something that it never gives twice; docs/providers.md names it. Beside a criterion that pins by itself such a claim does no harm; in a slot it always decides whose subject, key or tag it is.",
    check: ({ rules }) => rules.flatMap((rule) => [...unreliable(rule), ...unreliableSlots(rule)]),
  },
];

/** Scopes of OpenID Connect, which providers give to every client and person that asks. */
const ANYBODYS_SCOPES = ["openid", "profile", "email", "address", "phone", "offline_access"];
/** Claims that are the same for nearly everybody. */
const ANYBODYS_CLAIMS = ["iss", "aud", "typ", "token_use", "email_verified", "ver"];

/** Providers with one issuer for all customers: what names one of them. */
const SHARED: Partial<
  Record<
    PresetName,
    { readonly host: string; readonly path?: string; readonly claims: readonly string[] }
  >
> = {
  github: {
    host: "token.actions.githubusercontent.com",
    claims: [
      ...["repository_id", "repository_owner_id", "repository", "repository_owner", "sub"],
      ...["enterprise_id", "enterprise", "job_workflow_ref", "workflow_ref"],
    ],
  },
  gitlab: {
    host: "gitlab.com",
    claims: ["project_id", "namespace_id", "project_path", "namespace_path", "sub"],
  },
  buildkite: {
    host: "agent.buildkite.com",
    claims: ["organization_id", "pipeline_id", "organization_slug", "cluster_id", "sub"],
  },
  terraform: {
    host: "app.terraform.io",
    claims: [
      ...["terraform_organization_id", "terraform_workspace_id", "terraform_project_id"],
      ...["terraform_organization_name", "sub"],
    ],
  },
  circleci: {
    host: "oidc.circleci.com",
    path: "/", // with an organization in it, the issuer is that one's alone
    claims: ["oidc.circleci.com/org-id", "oidc.circleci.com/project-id", "sub"],
  },
  google: { host: "accounts.google.com", claims: ["sub", "email", "hd"] },
};

/** A claim that is good enough beside another. */
const ENOUGH_BESIDE: Partial<Record<PresetName, Readonly<Record<string, string>>>> = {
  gitlab: { ref: "ref_type" },
};

function isPinned(rule: RuleFile, trusts: (claim: string) => boolean = () => true): boolean {
  const own = (scope: string) => !ANYBODYS_SCOPES.includes(scope);
  return (
    (rule.subject !== undefined && trusts("sub")) ||
    rule.client !== undefined ||
    rule.scopes?.some(own) === true ||
    rule.any_scope?.every(own) === true ||
    Object.entries(rule.claims ?? {}).some(
      ([claim, criterion]) =>
        !ANYBODYS_CLAIMS.includes(plainName(claim)) &&
        isPositive(claim, criterion) &&
        trusts(claim),
    )
  );
}

/** Whether a rule says by name who it is for, in a way that does not change hands. */
function namesSomebody(each: LintedRule): boolean {
  const { rule } = each;
  const trusts = (claim: string) => whyNot(claim, each) === undefined;
  if (rule.client !== undefined || (rule.subject !== undefined && trusts("sub"))) return true;
  return Object.entries(rule.claims ?? {}).some(
    ([claim, criterion]) =>
      !ANYBODYS_CLAIMS.includes(plainName(claim)) &&
      trusts(claim) &&
      (valuesOf(criterion) !== undefined || isKind(criterion, "has")),
  );
}

/** Whether customers of the provider who are not ours match. */
function isShared(
  { rule, issuer }: LintedRule,
  trusts: (claim: string) => boolean = () => true,
): boolean {
  const shared = SHARED[issuer.preset];
  if (!shared) return false;
  const { host, pathname } = new URL(issuer.url);
  if (host !== shared.host && isKnown(issuer)) return false; // their own installation
  if (shared.path !== undefined && pathname !== shared.path) return false;
  if (rule.subject !== undefined && trusts("sub")) return false;
  return !Object.entries(rule.claims ?? {}).some(
    ([claim, criterion]) =>
      shared.claims.includes(plainName(claim)) && isPositive(claim, criterion) && trusts(claim),
  );
}

function unreliable(each: LintedRule): Fault[] {
  const { rule, issuer, at } = each;
  if (isShared(each)) return []; // told already, and worse
  const trusts = (claim: string) => whyNot(claim, each) === undefined;
  const stands = isPinned(rule, trusts) && !isShared(each, trusts);
  const used = [...(rule.subject === undefined ? [] : ["sub"]), ...Object.keys(rule.claims ?? {})];
  return used.flatMap((claim) => {
    const why = whyNot(claim, each);
    const beside = ENOUGH_BESIDE[issuer.preset]?.[claim];
    if (beside !== undefined ? rule.claims?.[beside] !== undefined : stands) return [];
    const path = claim === "sub" && rule.subject !== undefined ? ["subject"] : ["claims", claim];
    return why === undefined ? [] : [at(path, `${claim} does not say who it is: ${why}`)];
  });
}
