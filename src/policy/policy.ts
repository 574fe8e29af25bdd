import type { Check } from "./criterion.ts";
import type { Grant, Trace } from "./decision.ts";
import type { RuleIndex, RuleKey } from "./index-rules.ts";
import type { Network } from "./network.ts";
import type { Slot, Template } from "./slot.ts";
import type { Tag } from "./tag.ts";
import type { Times } from "./times.ts";

/** A policy that has been read, checked and prepared. Nothing in it ever changes. */
export interface Policy {
  /** SHA-256 hex over (path, NUL, bytes, NUL) of each file in path order. */
  readonly digest: string;
  readonly files: readonly string[];
  /** In version control, where it was read from; absent where that is not known. */
  readonly revision?: string;
  /** The rules by the name of their issuer. */
  readonly issuers: ReadonlyMap<string, IssuerRules>;
  /** Of every issuer. */
  readonly rules_count: number;
  /** The trace of an identity of an issuer without rules. */
  readonly strangers: Trace;
  /** By name; what rules' `admin` gives. */
  readonly admin_roles: ReadonlyMap<string, AdminRole>;
  readonly max_ttl_s: number;
}

/** What an administrator may do, and in which accounts. */
export interface AdminRole {
  readonly accounts: readonly string[];
  readonly can: readonly ("revoke" | "journal" | "approve")[];
}

/** The rules that can match an identity of one issuer. */
export interface IssuerRules {
  readonly rules: readonly Rule[];
  readonly index: RuleIndex;
  /** One entry for each rule of a small policy, as if all of these matched; those of others missed. */
  readonly trace: Trace;
}

export interface Rule {
  readonly name: string;
  readonly issuer: string;
  /** Its place in the policy and in every trace. */
  readonly place: number;
  readonly checks: readonly Check[];
  /** By which it can be found; each of them has to hold. */
  readonly keys: readonly RuleKey[];
  /** The claims that it names by value, each as the steps of its path. */
  readonly names: ReadonlySet<string>;
  /** Every slot of its roles: one that cannot be filled makes the whole rule miss. */
  readonly slots: readonly Slot[];
  /** Tags of its roles that hold a slot, likewise. */
  readonly tags: readonly Tag[];
  readonly roles: readonly Role[];
  /** Names of admin roles. */
  readonly admin: readonly string[];
}

/** What may be published to the subject that a request names, whichever that is. */
export interface Responses {
  readonly max: number;
  readonly ttl_s: number;
}

export interface Role {
  readonly name: string;
  /** Its place among the roles of the policy. */
  readonly place: number;
  readonly account: string;
  /** With `_INBOX.>` where the role may respond. */
  readonly publish: readonly Template[];
  /** Without the inbox. */
  readonly subscribe: readonly Template[];
  readonly deny_publish: readonly Template[];
  readonly deny_subscribe: readonly Template[];
  readonly responses?: Responses;
  readonly connection_types: readonly string[];
  readonly source_networks?: readonly Network[];
  readonly times?: Times;
  readonly limits: Grant["limits"];
  /** `private`, `shared` or the literal prefix. */
  readonly inbox: string;
  readonly ttl_s: number;
  readonly tags: readonly Tag[];
  /** Public key of the scoped signing key that says what is permitted, in place of the above. */
  readonly scoped_key?: string;
  /** The field for which this role combines with no other. */
  readonly alone?: "connection_types" | "scoped_key";
}

/** What the configuration says that a policy can refer to. */
export interface PolicyContext {
  readonly accounts: readonly string[];
  readonly issuers: readonly string[];
  /**
   * Public keys of scoped signing keys by the name of their account; absent means none. `unknown` where
   * no key was read: then whichever a role names is taken for one.
   */
  readonly scoped_keys?: ReadonlyMap<string, readonly string[]> | "unknown";
  /** Accounts without any other signing key. */
  readonly scoped_only?: readonly string[];
  readonly default_ttl_s: number;
  readonly max_ttl_s: number;
}
