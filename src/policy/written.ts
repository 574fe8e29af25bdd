import { type Fault, type Path, readDocument } from "../config/index.ts";
import { loadPolicy, type PolicySource } from "./load.ts";
import type { Policy, PolicyContext } from "./policy.ts";
import { PolicyFile, type RuleFile } from "./schema.ts";

/** What a role says. */
export type WrittenGrant = NonNullable<RuleFile["grant"]>;
/** What a rule asks of one claim. */
export type WrittenCriterion = NonNullable<RuleFile["claims"]>[string];

/** A rule as somebody wrote it, with the means to point at a part of it. */
export interface WrittenRule {
  readonly name: string;
  readonly rule: RuleFile;
  at(path: Path, message: string): Fault;
}

/** A role as somebody wrote it; that of a rule's `grant` has the name of its role. */
export interface WrittenRole {
  readonly name: string;
  readonly role: WrittenGrant;
  readonly inline: boolean;
  /** The sets of subjects of its file, by name. */
  readonly sets: Readonly<Record<string, readonly string[]>>;
  at(path: Path, message: string): Fault;
}

/** What stands in the files of a policy, in their order. */
export interface WrittenPolicy {
  readonly rules: readonly WrittenRule[];
  readonly roles: readonly WrittenRole[];
}

/** A policy twice: as the service goes by it, and as its author sees it. */
export interface OpenPolicy {
  readonly policy: Policy;
  readonly written: WrittenPolicy;
  readonly context: PolicyContext;
  readonly sources: readonly PolicySource[];
}

/** Without a configuration, what the configuration would fill in. */
const DEFAULT_TTL_S = 900;
const MAX_TTL_S = 3600;

/**
 * Reads a policy for the tools that explain it.
 *
 * @param sources the root file first, then every file that it includes
 * @param context absent where there is no configuration: then every account, issuer and scoped key
 *   that the policy names is taken for one that there is
 * @throws FaultError with every fault and its position
 */
export function openPolicy(sources: readonly PolicySource[], context?: PolicyContext): OpenPolicy {
  const written = writtenIn(sources);
  const known = context ?? contextOf(written);
  return { policy: loadPolicy(sources, known), written, context: known, sources };
}

function contextOf({ roles, rules }: WrittenPolicy): PolicyContext {
  const accounts = [...new Set(roles.map(({ role }) => role.account))];
  const keysOf = (account: string) =>
    roles.flatMap(({ role }) => (role.account === account ? (role.scoped_key ?? []) : []));
  return {
    accounts,
    issuers: [...new Set(rules.map(({ rule }) => rule.issuer))],
    scoped_keys: new Map(accounts.map((account) => [account, keysOf(account)])),
    default_ttl_s: DEFAULT_TTL_S,
    max_ttl_s: MAX_TTL_S,
  };
}

function writtenIn(sources: readonly PolicySource[]): WrittenPolicy {
  const files = sources.map(({ path, bytes }) => readDocument(bytes, path, PolicyFile));
  const rules = files.flatMap(({ value, fault }) =>
    value.rules.map((rule, i) => ({
      name: rule.name,
      rule,
      sets: value.subject_sets ?? {},
      at: (path: Path, message: string) => fault(["rules", i, ...path], message),
    })),
  );
  const named = files.flatMap(({ value, fault }) =>
    Object.entries(value.roles ?? {}).map(([name, role]) => ({
      name,
      role,
      inline: false,
      sets: value.subject_sets ?? {},
      at: (path: Path, message: string) => fault(["roles", name, ...path], message),
    })),
  );
  const inline = rules.flatMap(({ name, sets, rule: { grant: role }, at }) => {
    if (!role) return [];
    const below = (path: Path, message: string) => at(["grant", ...path], message);
    return [{ name: roleName(name), role, inline: true, sets, at: below }];
  });
  return { rules, roles: [...named, ...inline] };
}

/** The name of the role that the inline grant of a rule is. */
const roleName = (rule: string) => rule.replace(/[^A-Za-z0-9_-]+/g, "-");
