import { type Fault, type Path, readDocument } from "../config/index.ts";
import { loadPolicy, type PolicySource } from "./load.ts";
import type { Policy, PolicyContext } from "./policy.ts";
import { PolicyFile, type RoleFile, type RuleFile } from "./schema.ts";

/** A rule as somebody wrote it, with the means to point at a part of it. */
export interface WrittenRule {
  readonly name: string;
  readonly rule: RuleFile;
  at(path: Path, message: string): Fault;
}

/** A role as somebody wrote it; that of a rule's `grant` has the name of its role. */
export interface WrittenRole {
  readonly name: string;
  readonly role: RoleFile;
  readonly inline: boolean;
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
}

/** Without a configuration, what the configuration would fill in. */
const DEFAULT_TTL_S = 900;
const MAX_TTL_S = 3600;

/**
 * Reads a policy for the tools that explain it.
 *
 * @param context absent where there is no configuration: then every account and issuer that the
 *   policy names is taken for one that there is
 * @throws FaultError with every fault and its position
 */
export function openPolicy(sources: readonly PolicySource[], context?: PolicyContext): OpenPolicy {
  const written = writtenIn(sources);
  const known = context ?? {
    accounts: [...new Set(written.roles.map(({ role }) => role.account))],
    issuers: [...new Set(written.rules.map(({ rule }) => rule.issuer))],
    default_ttl_s: DEFAULT_TTL_S,
    max_ttl_s: MAX_TTL_S,
  };
  return { policy: loadPolicy(sources, known), written, context: known };
}

function writtenIn(sources: readonly PolicySource[]): WrittenPolicy {
  const files = sources.map(({ path, bytes }) => readDocument(bytes, path, PolicyFile));
  const rules = files.flatMap(({ value, fault }) =>
    value.rules.map((rule, i) => ({
      name: rule.name,
      rule,
      at: (path: Path, message: string) => fault(["rules", i, ...path], message),
    })),
  );
  const named = files.flatMap(({ value, fault }) =>
    Object.entries(value.roles ?? {}).map(([name, role]) => ({
      name,
      role,
      inline: false,
      at: (path: Path, message: string) => fault(["roles", name, ...path], message),
    })),
  );
  const inline = rules.flatMap(({ name, rule: { grant: role }, at }) => {
    if (!role) return [];
    const below = (path: Path, message: string) => at(["grant", ...path], message);
    return [{ name: roleName(name), role, inline: true, at: below }];
  });
  return { rules, roles: [...named, ...inline] };
}

/** The name of the role that the inline grant of a rule is. */
export const roleName = (rule: string) => rule.replace(/[^A-Za-z0-9_-]+/g, "-");
