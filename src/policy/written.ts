import type { Document, Fault, Path } from "../config/index.ts";
import type { ParsedFiles } from "./compile.ts";
import { type PolicySource, policyOf, readPolicy } from "./load.ts";
import type { Policy, PolicyContext } from "./policy.ts";
import type { IncludeFile, PolicyFile, RuleFile } from "./schema.ts";
import { listed } from "./scope.ts";

/** What a role says. */
export type WrittenGrant = NonNullable<RuleFile["grant"]>;
/** What a rule asks of one claim. */
export type WrittenCriterion = NonNullable<RuleFile["claims"]>[string];

/** A rule as somebody wrote it, with the means to point at a part of it. */
export interface WrittenRule extends FileLists {
  readonly name: string;
  readonly rule: RuleFile;
  at(path: Path, message: string): Fault;
}

/** A role as somebody wrote it; that of a rule's `grant` has the name of its role. */
export interface WrittenRole extends FileLists {
  readonly name: string;
  readonly role: WrittenGrant;
  readonly inline: boolean;
  at(path: Path, message: string): Fault;
}

/** The sets of subjects of a file, and the subjects of its streams, by name. */
export interface FileLists {
  readonly sets: Lists;
  readonly streams: Lists;
}

type Lists = Readonly<Record<string, readonly string[]>>;

/** Something with a name that other parts of a policy refer to. */
export interface WrittenName {
  readonly what: "set of subjects" | "stream" | "admin role";
  readonly name: string;
  /** The file for whose roles it is; an admin role is for the rules of the root file. */
  readonly used_by: {
    readonly rules: readonly RuleFile[];
    readonly roles: readonly WrittenGrant[];
  };
  at(message: string): Fault;
}

/** What the root file gives to a file that it includes. */
export interface WrittenInclude {
  readonly include: IncludeFile;
  at(path: Path, message: string): Fault;
}

/** What stands in the files of a policy, in their order. */
export interface WrittenPolicy {
  readonly rules: readonly WrittenRule[];
  readonly roles: readonly WrittenRole[];
  readonly names: readonly WrittenName[];
  readonly includes: readonly WrittenInclude[];
  /** Accounts and issuers that any part names, each once. */
  readonly accounts: readonly string[];
  readonly issuers: readonly string[];
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
  const parsed = readPolicy(sources);
  const written = writtenIn(parsed);
  const known = context ?? contextOf(written);
  return { policy: policyOf(parsed, sources, known), written, context: known, sources };
}

function contextOf({ roles, accounts, issuers }: WrittenPolicy): PolicyContext {
  const keysOf = (account: string) =>
    roles.flatMap(({ role }) => (role.account === account ? (role.scoped_key ?? []) : []));
  return {
    accounts,
    issuers,
    scoped_keys: new Map(accounts.map((account) => [account, keysOf(account)])),
    default_ttl_s: DEFAULT_TTL_S,
    max_ttl_s: MAX_TTL_S,
  };
}

function writtenIn(parsed: ParsedFiles): WrittenPolicy {
  const files = parsed.map(({ document }) => document);
  const lists = ({ value }: Written) => ({
    sets: listed(value.subject_sets ?? {}),
    streams: listed(value.streams ?? {}),
  });
  const rules = files.flatMap((file) =>
    file.value.rules.map((rule, i) => ({
      name: rule.name,
      rule,
      ...lists(file),
      at: (path: Path, message: string) => file.fault(["rules", i, ...path], message),
    })),
  );
  const named = files.flatMap((file) =>
    Object.entries(file.value.roles ?? {}).map(([name, role]) => ({
      name,
      role,
      inline: false,
      ...lists(file),
      at: (path: Path, message: string) => file.fault(["roles", name, ...path], message),
    })),
  );
  const inline = rules.flatMap(({ name, sets, streams, rule: { grant: role }, at }) => {
    if (!role) return [];
    const below = (path: Path, message: string) => at(["grant", ...path], message);
    return [{ name: roleName(name), role, inline: true, sets, streams, at: below }];
  });
  const includes = files.flatMap(({ value, fault }) =>
    (value.include ?? []).map((include, i) => ({
      include,
      at: (path: Path, message: string) => fault(["include", i, ...path], message),
    })),
  );
  const roles = [...named, ...inline];
  const names = files.flatMap(namesIn);
  return { rules, roles, names, includes, ...namedIn(files, rules, roles, includes) };
}

function namedIn(
  files: readonly Written[],
  rules: readonly WrittenRule[],
  roles: readonly WrittenRole[],
  includes: readonly WrittenInclude[],
): Pick<WrittenPolicy, "accounts" | "issuers"> {
  const admins = files.flatMap(({ value }) => Object.values(value.admin_roles ?? {}));
  const accounts = [
    ...roles.map(({ role }) => role.account),
    ...admins.flatMap((admin) => admin.accounts),
    ...includes.flatMap(({ include }) => include.accounts),
  ];
  const issuers = [
    ...rules.map(({ rule }) => rule.issuer),
    ...includes.flatMap(({ include }) => include.issuers),
  ];
  return { accounts: [...new Set(accounts)], issuers: [...new Set(issuers)] };
}

type Written = Document<PolicyFile>;

function namesIn({ value, fault }: Written): WrittenName[] {
  const { rules } = value;
  const grants = rules.flatMap(({ grant }) => grant ?? []);
  const used_by = { rules, roles: [...Object.values(value.roles ?? {}), ...grants] };
  const of = (key: "subject_sets" | "streams" | "admin_roles", what: WrittenName["what"]) =>
    Object.keys(value[key] ?? {}).map((name) => ({
      ...{ what, name, used_by },
      at: (message: string) => fault([key, name], message),
    }));
  return [
    ...of("subject_sets", "set of subjects"),
    ...of("streams", "stream"),
    ...of("admin_roles", "admin role"),
  ];
}

/** The name of the role that the inline grant of a rule is. */
const roleName = (rule: string) => rule.replace(/[^A-Za-z0-9_-]+/g, "-");
