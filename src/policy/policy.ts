import type { Check } from "./criterion.ts";
import type { Grant, Trace } from "./decision.ts";
import type { Network } from "./network.ts";
import type { Slot, Template } from "./slot.ts";
import type { Times } from "./times.ts";

/** A policy that has been read, checked and prepared. Nothing in it ever changes. */
export interface Policy {
  /** SHA-256 hex over (path, NUL, bytes, NUL) of each file in path order. */
  readonly digest: string;
  readonly files: readonly string[];
  /** The rules by the name of their issuer. */
  readonly issuers: ReadonlyMap<string, IssuerRules>;
  /** The trace of an identity of an issuer without rules. */
  readonly strangers: Trace;
  readonly max_ttl_s: number;
}

/** The rules that can match an identity of one issuer. */
export interface IssuerRules {
  readonly rules: readonly Rule[];
  /** One entry for each rule of the policy; those of other issuers have missed. */
  readonly trace: Trace;
}

export interface Rule {
  readonly name: string;
  /** Its place in the policy and in every trace. */
  readonly place: number;
  readonly checks: readonly Check[];
  /** Every slot of its roles: one that cannot be filled makes the whole rule miss. */
  readonly slots: readonly Slot[];
  readonly roles: readonly Role[];
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
  readonly connection_types: readonly string[];
  readonly source_networks?: readonly Network[];
  readonly times?: Times;
  readonly limits: Grant["limits"];
  /** `private`, `shared` or the literal prefix. */
  readonly inbox: string;
  readonly ttl_s: number;
}

/** What the configuration says that a policy can refer to. */
export interface PolicyContext {
  readonly accounts: readonly string[];
  readonly issuers: readonly string[];
  readonly default_ttl_s: number;
  readonly max_ttl_s: number;
}
